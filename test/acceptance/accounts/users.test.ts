import { expect, test } from "bun:test";
import { HAL_FORMS, self } from "../../support/client.ts";
import {
  expectStatus,
  firstAdmin,
  invited,
  PASSWORD,
  Person,
  share,
  signedIn,
  startWithAccounts,
  tokenOf,
} from "./support.ts";

test("POST /users → 201 with a link that works once, even if six use it at the same time", async () => {
  await using service = await startWithAccounts();
  const root = await firstAdmin(service);
  const made = expectStatus(await root.post("/users", { login: "Ada", name: "Ada L" }), 201).json();
  expect(made).toMatchObject({ login: "ada", name: "Ada L", role: "user", invited: true });
  const url = String(made.url);
  const look = await service.nobody.get(url, { accept: HAL_FORMS });
  expect(look.json()).toMatchObject({ login: "ada" });
  expect(look.json()._templates.default).toMatchObject({ method: "POST", target: url });
  expect(look.header("referrer-policy")).toBe("no-referrer");
  const people = Array.from({ length: 6 }, () => new Person(service.url));
  const uses = await Promise.all(
    people.map((person, i) => person.post(url, { password: `a good one ${i}` })),
  );
  expect(uses.map(({ status }) => status).sort()).toEqual([201, 404, 404, 404, 404, 404]);
  expect((await service.nobody.get(url)).status).toBe(404);
  const winner = people.find(({ cookie }) => cookie !== "");
  expect((await winner?.get("/me"))?.json().login).toBe("ada");
  expect((await root.get(`/users/${made.id}`)).json().invited).toBe(false);
});

test("POST /users/{id}/password-link → 200 with a new link; the one before ends, the password when it is used", async () => {
  await using service = await startWithAccounts();
  const root = await firstAdmin(service);
  const first = expectStatus(await root.post("/users", { login: "ada" }), 201).json();
  const make = async () => {
    const { link } = (await root.get(self(first), { accept: HAL_FORMS })).json()._templates;
    return expectStatus(await root.ask("POST", String(link?.target)), 200).json();
  };
  const second = await make();
  expect(second).toMatchObject({ id: first.id, login: "ada", invited: true });
  expect((await service.nobody.get(String(first.url))).status).toBe(404);
  const ada = new Person(service.url);
  expectStatus(await ada.post(String(second.url), { password: PASSWORD }), 201);
  const third = await make();
  expectStatus(await ada.get("/me"), 200);
  const again = new Person(service.url);
  expectStatus(await again.post(String(third.url), { password: "another good one" }), 201);
  expect((await ada.get("/me")).status).toBe(401);
  const old = await service.nobody.post("/sessions", { login: "ada", password: PASSWORD });
  expect(old.status).toBe(401);
});

test("POST /users/{id}/password-link: 409 and no form for who is locked out, 403 for a token and for others, 404 for nobody", async () => {
  await using service = await startWithAccounts();
  const root = await firstAdmin(service);
  const [ada, bob] = [await invited(root, "ada"), await invited(root, "bob")];
  const at = `/users/${(await ada.get("/me")).json().id}`;
  const all = ["read", "write", "admin"];
  const authorization = `Bearer ${await tokenOf(root, all)}`;
  const answers = [
    await bob.ask("POST", `${at}/password-link`),
    await service.nobody.ask("POST", `${at}/password-link`, { headers: { authorization } }),
    await root.ask("POST", `/users/${(await ada.checklist("x")).id}/password-link`),
  ];
  expect(answers.map(({ status }) => status)).toEqual([403, 403, 404]);
  expectStatus(await root.patch(at, { disabled: true }), 200);
  expect((await root.get(at, { accept: HAL_FORMS })).json()._templates).not.toHaveProperty("link");
  expectStatus(await root.ask("POST", `${at}/password-link`), 409);
});

test("a disabled user is nobody at once: sessions, tokens and sign-in; enabled again, old ones stay dead", async () => {
  await using service = await startWithAccounts();
  const root = await firstAdmin(service);
  const ada = await invited(root, "ada");
  const id = (await ada.get("/me")).json().id;
  const { secret } = (await ada.post("/tokens", { name: "t", scopes: ["read"] })).json();
  const reaches = async () => [
    (await ada.get("/me")).status,
    (await service.nobody.get("/me", { authorization: `Bearer ${secret}` })).status,
  ];
  expect(await reaches()).toEqual([200, 200]);
  expect((await root.patch(`/users/${id}`, { disabled: true })).json().disabled).toBe(true);
  expect(await reaches()).toEqual([401, 401]);
  expect((await service.nobody.post("/sessions", { login: "ada", password: PASSWORD })).status).toBe(401);
  expect((await root.patch(`/users/${id}`, { disabled: false })).status).toBe(200);
  expect(await reaches()).toEqual([401, 401]);
  await signedIn(service.url, "ada");
});

test("the last admin can't be demoted, disabled or removed: 409", async () => {
  await using service = await startWithAccounts();
  const root = await firstAdmin(service);
  const id = (await root.get("/me")).json().id;
  const ada = await invited(root, "ada", "admin");
  const adaId = (await ada.get("/me")).json().id;
  expect((await root.patch(`/users/${adaId}`, { role: "user" })).status).toBe(200);
  const statuses = [
    (await root.patch(`/users/${id}`, { role: "user" })).status,
    (await root.patch(`/users/${id}`, { disabled: true })).status,
    (await root.delete(`/users/${id}?lists=${adaId}`)).status,
  ];
  expect(statuses).toEqual([409, 409, 409]);
  expect((await root.get("/users")).status).toBe(200);
});

test("DELETE /users/{id}: the request must say what happens to the lists: deleted, or another user's", async () => {
  await using service = await startWithAccounts();
  const root = await firstAdmin(service);
  const [ada, bob] = [await invited(root, "ada"), await invited(root, "bob")];
  const [adaId, bobId] = [(await ada.get("/me")).json().id, (await bob.get("/me")).json().id];
  const kept = await ada.checklist("Kept");
  const unsaid = await root.delete(`/users/${adaId}`);
  expect([unsaid.status, unsaid.json().errors[0]?.pointer]).toEqual([422, "/query/lists"]);
  expect((await root.delete(`/users/${adaId}?lists=nobody`)).status).toBe(422);
  expect((await root.delete(`/users/${adaId}?lists=${bobId}`)).status).toBe(204);
  expect((await ada.get("/me")).status).toBe(401);
  expect((await bob.get(`/checklists/${kept.id}`)).json().name).toBe("Kept");
  expect((await root.delete(`/users/${bobId}?lists=delete`)).status).toBe(204);
  expect((await root.delete(`/users/${bobId}?lists=delete`)).status).toBe(404);
  await invited(root, "ada");
});

test("DELETE /users/{id}: its lists in the trash are deleted for good, or become another user's, who can restore them", async () => {
  await using service = await startWithAccounts();
  const root = await firstAdmin(service);
  const bob = await invited(root, "bob");
  const bobId = (await bob.get("/me")).json().id;
  for (const [login, lists, statuses] of [
    ["ada", bobId, [200, 200]],
    ["eve", "delete", [404, 404]],
  ] as const) {
    const owner = await invited(root, login);
    const { id } = (await owner.get("/me")).json();
    const gone = await owner.checklist(`Of ${login}`);
    await share(owner, gone, bob, "viewer");
    expectStatus(await owner.delete(self(gone)), 204);
    expectStatus(await bob.get(`/trash/checklists/${gone.id}`), 200);
    expectStatus(await root.delete(`/users/${id}?lists=${lists}`), 204);
    const seen = (await bob.get(`/trash/checklists/${gone.id}`)).status;
    const restored = (await bob.post(`/trash/checklists/${gone.id}/restore`, undefined)).status;
    expect([login, seen, restored]).toEqual([login, ...statuses]);
  }
});

test("a login is one user's: taken → 409, whatever its case; the list of users is the admins' alone", async () => {
  await using service = await startWithAccounts();
  const root = await firstAdmin(service);
  const ada = await invited(root, "ada");
  const taken = await root.post("/users", { login: "ADA" });
  expect([taken.status, taken.json().errors[0]?.pointer]).toEqual([409, "/login"]);
  const page = (await root.get("/users?size=1")).json();
  expect(page._links.next).toBeDefined();
  const answers = [
    await ada.get("/users"),
    await ada.post("/users", { login: "eve" }),
    await service.nobody.get("/users"),
  ];
  expect(answers.map(({ status }) => status)).toEqual([403, 403, 401]);
});

test("the audit log says who did what, from where, on what; no secret is in any line", async () => {
  await using service = await startWithAccounts({ TODOS_ACCESS_LOG: "true", TODOS_LOG_LEVEL: "debug" });
  const root = await firstAdmin(service);
  const { url } = (await root.post("/users", { login: "ada" })).json();
  const ada = new Person(service.url);
  await ada.post(String(url), { password: PASSWORD });
  await service.nobody.post("/sessions", { login: "ada", password: "wrong wrong one" });
  await service.nobody.post("/sessions", { login: "typed-my-password-here", password: "x" });
  const { secret, id } = (await ada.post("/tokens", { name: "a name", scopes: ["read"] })).json();
  await ada.get("/me", { authorization: `Bearer ${secret}` });
  await ada.delete(`/tokens/${id}`);
  await ada.delete("/sessions/current");
  await service.logged(({ logger, message }) => logger === "todos.audit" && message === "sign-out");
  const audit = service.log().filter(({ logger }) => logger === "todos.audit");
  expect(audit.map(({ message, who }) => [message, who])).toEqual([
    ["set-up", "root"],
    ["user made", "root"],
    ["link used", "ada"],
    ["sign-in refused", "ada"],
    ["sign-in refused", undefined],
    ["token made", "ada"],
    ["token revoked", "ada"],
    ["sign-out", "ada"],
  ]);
  expect(audit.every((line) => line.from !== undefined)).toBe(true);
  const text = JSON.stringify(service.log());
  const linkSecret = String(url).split("/").at(-1) ?? "";
  for (const hidden of [
    String(secret).slice(6),
    linkSecret,
    PASSWORD,
    "wrong wrong",
    "typed-my-password",
    "a name",
  ])
    expect(text).not.toContain(hidden);
});
