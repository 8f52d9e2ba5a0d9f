import { expect, test } from "bun:test";
import { Client } from "../../support/client.ts";
import { type Data, NO_SQLITE, runTodos, scratchData } from "../../support/service.ts";
import {
  expectStatus,
  firstAdmin,
  invited,
  PASSWORD,
  Person,
  signedIn,
  startWithAccounts,
} from "./support.ts";

async function todos(data: Data, ...words: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runTodos(words, data);
  if (exitCode !== 0) throw new Error(`todos ${words.join(" ")} → ${exitCode}\n${stderr}`);
  return stdout.trim();
}

/** The link with the service's own address in it. */
function at(url: string, link: string): string {
  return link.replace(/^https?:\/\/[^/]+/, url);
}

test("todos user add --admin before the first start: the link leads to the first admin, who has the old inbox", async () => {
  using data = scratchData();
  await (await startWithAccounts({}, data)).stop();
  expect((await runTodos(["user", "add", "ada"], data)).stderr).toContain("the first user must be an admin");
  const link = await todos(data, "user", "add", "--admin", "Ada", "--name", "Ada L");
  await using service = await startWithAccounts({}, data);
  expect((await service.nobody.get("/")).json()._links["set-up"]).toBeUndefined();
  const ada = new Person(service.url);
  expectStatus(await ada.post(at(service.url, link), { password: PASSWORD }), 201);
  const me = (await ada.get("/me")).json();
  expect(me).toMatchObject({ login: "ada", name: "Ada L", role: "admin" });
  expect(me._links.inbox?.href).toEndWith("00000000-0000-7000-8000-000000000000");
});

/** How long an instance on Cassandra may remember who somebody was, ms. */
const REMEMBERED_MS = 10_000;

/** At once on SQLite. */
async function answers(client: Client, path: string, status: number, headers = {}): Promise<void> {
  const deadline = performance.now() + (NO_SQLITE ? REMEMBERED_MS : 0);
  let last = (await client.get(path, headers)).status;
  for (; last !== status && performance.now() < deadline; await Bun.sleep(100))
    last = (await client.get(path, headers)).status;
  expect([path, last]).toEqual([path, status]);
}

test("beside a running service, whose next request knows: add, role, disable, enable, reset-password, list", async () => {
  await using service = await startWithAccounts();
  const { data, url } = service;
  const root = await firstAdmin(service);
  const link = at(url, await todos(data, "user", "add", "bob"));
  const bob = new Person(url);
  expectStatus(await bob.post(link, { password: PASSWORD }), 201);
  expect((await bob.get("/users")).status).toBe(403);
  await todos(data, "user", "role", "bob", "admin");
  await answers(bob, "/users", 200);
  await todos(data, "user", "disable", "bob");
  await answers(bob, "/me", 401);
  await todos(data, "user", "enable", "bob");
  const again = at(url, await todos(data, "user", "reset-password", "bob"));
  const back = new Person(url);
  expectStatus(await back.post(again, { password: "another good one" }), 201);
  expectStatus(await root.post("/checklists", { name: "Beside" }), 201);
  const users = (await todos(data, "user", "list", "--json")).split("\n").map((line) => JSON.parse(line));
  expect(users).toMatchObject([
    { login: "root", role: "admin" },
    { login: "bob", role: "admin", disabled: false },
  ]);
});

test("commands and the service write at the same time: all of it is there afterwards", async () => {
  await using service = await startWithAccounts();
  const root = await firstAdmin(service);
  let writing = true;
  const writes = (async () => {
    const ids: string[] = [];
    while (writing) ids.push((await root.checklist("Meanwhile")).id);
    return ids;
  })();
  const logins = ["ann", "ben", "cem", "dan"];
  await Promise.all(logins.map((login) => todos(service.data, "user", "add", login)));
  writing = false;
  const ids = await writes;
  expect(ids.length).toBeGreaterThan(0);
  const listed = await root.allIds("/checklists", "checklists");
  expect(ids.filter((id) => !listed.includes(id))).toEqual([]);
  const lines = (await todos(service.data, "user", "list")).split("\n");
  expect(lines.map((line) => line.split("  ")[0]).sort()).toEqual([...logins, "root"].sort());
});

test("todos token create prints a secret that works at once; list does not show it; revoke ends it", async () => {
  await using service = await startWithAccounts();
  const root = await firstAdmin(service);
  await invited(root, "ada");
  const secret = await todos(
    service.data,
    "token",
    "create",
    "ada",
    "--name",
    "backup",
    "--scopes",
    "read,write",
  );
  const client = new Client(service.url);
  const headers = { authorization: `Bearer ${secret}` };
  expect((await client.get("/me", headers)).json().login).toBe("ada");
  const listed = await todos(service.data, "token", "list", "ada", "--json");
  expect(listed).not.toContain(secret.slice(6));
  const { id, name } = JSON.parse(listed);
  expect(name).toBe("backup");
  await todos(service.data, "token", "revoke", "ada", id);
  await answers(client, "/me", 401, headers);
  await signedIn(service.url, "ada");
});

test("what is wrong is said: an unknown user, the last admin, a role or scope that does not exist", async () => {
  await using service = await startWithAccounts();
  await firstAdmin(service);
  const said = async (...words: string[]) => {
    const { exitCode, stderr } = await runTodos(words, service.data);
    return `${exitCode} ${stderr}`;
  };
  expect(await said("user", "disable", "nobody")).toMatch(/^1 .*no user with the login "nobody"/s);
  expect(await said("user", "disable", "root")).toMatch(/^1 .*last admin/s);
  expect(await said("user", "role", "root", "adm")).toMatch(/^2 .*must be/s);
  expect(await said("token", "create", "root", "--scopes", "raed")).toMatch(/^2 .*did you mean read/is);
});
