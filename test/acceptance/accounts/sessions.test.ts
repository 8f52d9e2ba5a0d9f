import { describe, expect, test } from "bun:test";
import type { Reply } from "../../support/client.ts";
import { firstAdmin, from, invited, PASSWORD, Person, signedIn, startWithAccounts } from "./support.ts";

/** On a slow machine the first waits may be over before the next guess; they get longer. */
const GUESSES_MAX = 12;

async function untilRefused(guess: (i: number) => Promise<Reply>) {
  const statuses: number[] = [];
  for (let i = 0; i < GUESSES_MAX; i++) {
    const last = await guess(i);
    if (last.status === 429) return { statuses, last };
    statuses.push(last.status);
  }
  throw new Error(`none of ${GUESSES_MAX} guesses was refused`);
}

describe("sessions", () => {
  test("POST /sessions → 201 and a cookie that scripts can't read; DELETE ends it", async () => {
    await using service = await startWithAccounts();
    await firstAdmin(service);
    const reply = await service.nobody.post("/sessions", { login: "ROOT", password: PASSWORD });
    expect(reply.status).toBe(201);
    expect(reply.header("set-cookie")).toMatch(
      /^todos=[0-9A-Za-z]{43}; Path=\/; Max-Age=7776000; HttpOnly; SameSite=Lax$/,
    );
    expect(reply.header("cache-control")).toContain("no-store");
    const person = await signedIn(service.url, "root");
    const kept = person.cookie;
    expect((await person.delete("/sessions/current")).status).toBe(204);
    expect(person.cookie).toBe("");
    expect((await person.get("/me", { cookie: kept })).status).toBe(401);
  });

  test("behind TLS the cookie has the prefix that no sibling domain can set, and no other one counts", async () => {
    await using service = await startWithAccounts({ TODOS_PUBLIC_URL: "https://todos.example" });
    await firstAdmin(service);
    const reply = await service.nobody.post("/sessions", { login: "root", password: PASSWORD });
    const cookie = reply.header("set-cookie");
    expect(cookie).toMatch(/^__Host-todos=.*; Path=\/; .*HttpOnly; SameSite=Lax; Secure$/);
    const secret = cookie.slice("__Host-todos=".length, cookie.indexOf(";"));
    expect((await service.nobody.get("/me", { cookie: `__Host-todos=${secret}` })).status).toBe(200);
    expect((await service.nobody.get("/me", { cookie: `todos=${secret}` })).status).toBe(401);
  });

  test("a secret that somebody planted in the browser is not the one it has after signing in", async () => {
    await using service = await startWithAccounts();
    await firstAdmin(service);
    const victim = new Person(service.url);
    const planted = "A".repeat(43);
    victim.cookie = `todos=${planted}`;
    await victim.post("/sessions", { login: "root", password: PASSWORD });
    expect(victim.cookie).not.toContain(planted);
    expect((await service.nobody.get("/me", { cookie: `todos=${planted}` })).status).toBe(401);
    const before = victim.cookie;
    await victim.post("/sessions", { login: "root", password: PASSWORD });
    expect(victim.cookie).not.toBe(before);
    expect((await service.nobody.get("/me", { cookie: before })).status).toBe(401);
  });

  test("GET /sessions lists one's own, the newest first; another user's can't be ended", async () => {
    await using service = await startWithAccounts();
    const root = await firstAdmin(service);
    const ada = await invited(root, "ada");
    const other = await signedIn(service.url, "ada");
    const page = (await ada.get("/sessions")).json()._embedded as unknown as Record<
      string,
      { id: string; current: boolean }[]
    >;
    const sessions = page.sessions ?? [];
    expect(sessions.map(({ current }) => current)).toEqual([false, true]);
    expect((await root.delete(`/sessions/${sessions[0]?.id}`)).status).toBe(404);
    expect((await ada.delete(`/sessions/${sessions[0]?.id}`)).status).toBe(204);
    expect((await other.get("/me")).status).toBe(401);
    expect((await ada.get("/me")).status).toBe(200);
  });

  test("wrong password and unknown login: one answer, 401; from the fifth on 429 with Retry-After", async () => {
    await using service = await startWithAccounts();
    await firstAdmin(service);
    const answers = [];
    for (const login of ["root", "nobody-at-all"]) {
      const { status, text } = await service.nobody.post("/sessions", { login, password: "wrong wrong" });
      answers.push([status, text]);
    }
    expect(answers[0]).toEqual(answers[1] ?? []);
    expect(answers[0]?.[0]).toBe(401);
    const guess = (i: number) =>
      service.nobody.post(
        "/sessions",
        { login: "root", password: `guess ${i} or so` },
        from(`198.51.100.${i}`),
      );
    const { statuses, last } = await untilRefused(guess);
    expect(statuses.slice(0, 3)).toEqual([401, 401, 401]);
    expect(Number(last.header("retry-after"))).toBeGreaterThanOrEqual(1);
  });

  test("a whole /64 of IPv6 counts as one address; the next one does not", async () => {
    await using service = await startWithAccounts();
    await firstAdmin(service);
    const guess = (i: number, address: string) =>
      service.nobody.post("/sessions", { login: `user${i}`, password: "a guess or so" }, from(address));
    const { statuses } = await untilRefused((i) => guess(i, `2001:db8:0:1::${i + 1}`));
    expect(statuses.slice(0, 4)).toEqual([401, 401, 401, 401]);
    expect((await guess(99, "2001:db8:0:2::1")).status).toBe(401);
  });

  test("a flood on a login keeps its owner's session, who can even change the password", async () => {
    await using service = await startWithAccounts();
    const root = await firstAdmin(service);
    for (let i = 0; i < 8; i++)
      await service.nobody.post(
        "/sessions",
        { login: "root", password: "a guess or so" },
        from(`198.51.100.${i}`),
      );
    expect((await root.get("/me")).status).toBe(200);
    const changed = await root.put("/me/password", { current: PASSWORD, password: "another good one" });
    expect(changed.status).toBe(204);
  });
});

describe("PUT /me/password", () => {
  test("ends all other sessions, and gives this one a new secret", async () => {
    await using service = await startWithAccounts();
    const root = await firstAdmin(service);
    const other = await signedIn(service.url, "root");
    const before = root.cookie;
    expect((await root.put("/me/password", { current: PASSWORD, password: "another good one" })).status).toBe(
      204,
    );
    expect(root.cookie).not.toBe(before);
    expect((await root.get("/me")).status).toBe(200);
    expect((await other.get("/me")).status).toBe(401);
    expect((await service.nobody.get("/me", { cookie: before })).status).toBe(401);
    await signedIn(service.url, "root", "another good one");
  });

  test("a wrong or missing current password, and a common new one → 422 with pointers", async () => {
    await using service = await startWithAccounts();
    const root = await firstAdmin(service);
    const pointers = [];
    for (const body of [
      { current: "wrong wrong", password: "another good one" },
      { password: "another good one" },
      { current: PASSWORD, password: "qwertyuiop" },
    ]) {
      const reply = await root.put("/me/password", body);
      pointers.push([reply.status, reply.json().errors[0]?.pointer]);
    }
    expect(pointers).toEqual([
      [422, "/current"],
      [422, "/current"],
      [422, "/password"],
    ]);
  });
});

test("an oversized password is refused before it is hashed, wherever one can be given", async () => {
  await using service = await startWithAccounts();
  const code = await service.setUpCode();
  const root = await firstAdmin(service);
  const { url } = (await root.post("/users", { login: "ada" })).json();
  const [long, huge] = ["x".repeat(1_001), "x".repeat(300_000)];
  const attempts = (password: string) => [
    () => service.nobody.post("/sessions", { login: "root", password }, from("198.51.100.9")),
    () => root.put("/me/password", { current: PASSWORD, password }),
    () => root.put("/me/password", { current: password, password: PASSWORD }),
    () => service.nobody.post(String(url), { password }),
    () => service.nobody.post("/set-up", { code, login: "eve", password }),
  ];
  const before = service.cpuMs();
  const rounds = 10;
  for (let round = 0; round < rounds; round++) {
    const statuses = [];
    for (const attempt of attempts(long)) statuses.push((await attempt()).status);
    expect(statuses).toEqual([422, 422, 422, 422, 422]);
  }
  for (const attempt of attempts(huge)) expect((await attempt()).status).toBe(413);
  const perAttemptMs = (service.cpuMs() - before) / (rounds + 1) / attempts("").length;
  console.log(
    `note: an oversized password took ${perAttemptMs.toFixed(1)} ms of a processor, and a good one about 60`,
  );
  expect(perAttemptMs).toBeLessThan(20);
});

test("the time of an answer does not tell whether there is such a login", async () => {
  await using service = await startWithAccounts();
  await firstAdmin(service);
  // Processor time: what an attempt waits for on a busy machine would drown the difference.
  const spentMs = async (login: string, i: number) => {
    const before = service.cpuMs();
    await service.nobody.post("/sessions", { login, password: "a wrong one" }, from(`198.51.${i}.1`));
    return service.cpuMs() - before;
  };
  let [known, unknown] = [0, 0];
  // The login's own limit allows four.
  for (let i = 0; i < 4; i++) {
    known += (await spentMs("root", i)) / 4;
    unknown += (await spentMs("nobody-at-all", i)) / 4;
  }
  console.log(
    `note: a sign-in took ${known.toFixed(1)} ms of a processor with a known login, ${unknown.toFixed(1)} ms with an unknown one`,
  );
  // Without the hash of a password it would be a fiftieth.
  expect(unknown).toBeGreaterThan(known / 3);
  expect(known).toBeGreaterThan(unknown / 3);
});
