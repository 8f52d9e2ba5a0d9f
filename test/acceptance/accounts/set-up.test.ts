import { expect, test } from "bun:test";
import { Client } from "../../support/client.ts";
import { scratchData, startService } from "../../support/service.ts";
import { firstAdmin, from, PASSWORD, Person, startWithAccounts } from "./support.ts";

const first = (code: string, login = "root") => ({ code, login, password: PASSWORD });

test("POST /set-up with the code of the log → 201 and signed in; 404 from then on, also after a restart", async () => {
  using data = scratchData();
  {
    await using service = await startWithAccounts({}, data);
    const before = (await service.nobody.get("/")).json();
    const seen = Object.keys(before._links);
    expect(seen).toEqual(expect.arrayContaining(["health", "self", "set-up", "sign-in"]));
    expect(seen.filter((relation) => /checklist|task|trash|agenda|search|events|me$/.test(relation))).toEqual(
      [],
    );
    const wrong = await service.nobody.post("/set-up", first(`${await service.setUpCode()}x`));
    expect([wrong.status, wrong.json().type]).toEqual([403, expect.stringContaining("/problems/forbidden")]);
    const root = await firstAdmin(service);
    const me = (await root.get("/me")).json();
    expect(me).toMatchObject({ login: "root", name: "root", role: "admin" });
    expect((await root.get(me._links.inbox?.href ?? "")).json().id).toBe(
      "00000000-0000-7000-8000-000000000000",
    );
    const again = await service.nobody.post("/set-up", first(await service.setUpCode(), "other"));
    expect(again.status).toBe(404);
    expect((await service.nobody.get("/")).json()._links["set-up"]).toBeUndefined();
  }
  await using service = await startWithAccounts({}, data);
  expect((await service.nobody.post("/set-up", first("anything at all"))).status).toBe(404);
  expect(service.log().filter(({ setUpCode }) => setUpCode !== undefined)).toEqual([]);
});

test("POST /set-up by eight at once: one is the admin, the others get 404", async () => {
  await using service = await startWithAccounts();
  const code = await service.setUpCode();
  const replies = await Promise.all(
    Array.from({ length: 8 }, (_, i) =>
      service.nobody.post("/set-up", first(code, `root${i}`), from(`192.0.2.${i}`)),
    ),
  );
  expect(replies.map(({ status }) => status).sort()).toEqual([201, ...Array.from({ length: 7 }, () => 404)]);
});

test("POST /set-up: a bad login, a common password → 422 with pointers, and the code is still good", async () => {
  await using service = await startWithAccounts();
  const code = await service.setUpCode();
  const bad = await service.nobody.post("/set-up", { code, login: "a b", password: PASSWORD });
  expect([bad.status, bad.json().errors[0]?.pointer]).toEqual([422, "/login"]);
  for (const password of ["short", "password123", "x".repeat(1_001)]) {
    const refused = await service.nobody.post("/set-up", { code, login: "root", password });
    expect([refused.status, refused.json().errors[0]?.pointer]).toEqual([422, "/password"]);
  }
  await firstAdmin(service);
});

test("rows of the time without accounts are the first admin's", async () => {
  using data = scratchData();
  let id = "";
  {
    await using service = await startService({}, data);
    id = (await new Client(service.url).checklist("From before")).id;
  }
  await using service = await startWithAccounts({}, data);
  expect((await service.nobody.get(`/checklists/${id}`)).status).toBe(401);
  const root = await firstAdmin(service);
  expect((await root.get(`/checklists/${id}`)).json().name).toBe("From before");
  const ids = await root.allIds("/checklists", "checklists");
  expect(ids).toContain(id);
});

test("without accounts there is none of it", async () => {
  await using service = await startService();
  const client = new Person(service.url);
  for (const path of ["/set-up", "/sessions", "/me", "/tokens", "/users"])
    expect((await client.get(path)).status).toBe(404);
});
