import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { NO_SQLITE, runTodos, scratchData, startService } from "../../support/service.ts";
import { expectStatus, firstAdmin, invited, type Person, startWithAccounts } from "./support.ts";

const FAILED = 1;

async function embedded(person: Person, path: string, name: string): Promise<unknown> {
  const members: Readonly<Record<string, unknown>> = (await person.get(path)).json()._embedded;
  return members[name];
}

test("todos smoke with a token passes every check; without one, or with a wrong one, it says what to do", async () => {
  await using service = await startWithAccounts();
  const root = await firstAdmin(service);
  const { secret } = expectStatus(
    await root.post("/tokens", { name: "smoke", scopes: ["read", "write"] }),
    201,
  ).json();
  const before = (await root.get("/checklists")).text;
  const smoke = (token: Record<string, string>) => runTodos(["smoke", service.url], service.data, token);
  const passed = await smoke({ TODOS_SMOKE_TOKEN: String(secret) });
  expect([passed.stdout.match(/^(failed|skipped).*/gm), passed.stderr, passed.exitCode]).toEqual([
    null,
    "",
    0,
  ]);
  expect((await root.get("/checklists")).text).toBe(before);
  expect(await embedded(root, "/trash", "checklists")).toEqual([]);
  const without = await smoke({});
  expect([without.exitCode, without.stdout]).toEqual([FAILED, ""]);
  expect(without.stderr).toContain("the service has accounts, so the checks need a token");
  const wrong = await smoke({ TODOS_SMOKE_TOKEN: "wrong" });
  expect([wrong.exitCode, wrong.stdout]).toEqual([FAILED, ""]);
  expect(wrong.stderr).toContain("the service does not accept TODOS_SMOKE_TOKEN");
});

test("todos smoke --make-token gets in before there is a user, is no user, and leaves nothing behind", async () => {
  await using service = await startWithAccounts();
  const words = ["smoke", "--make-token", service.url];
  const passed = await runTodos(words, service.data);
  expect([passed.stdout.match(/^(failed|skipped).*/gm), passed.exitCode]).toEqual([null, 0]);
  expect(passed.stderr).toContain('"token made"');
  expect(passed.stderr).not.toContain("todos_");
  // Set-up is still open, and the first user still gets everything.
  const root = await firstAdmin(service);
  expect((await root.get("/me")).json()._links.inbox?.href).toEndWith("00000000-0000-7000-8000-000000000000");
  const again = await runTodos(words, service.data);
  expect(again.exitCode).toBe(0);
  expect(await embedded(root, "/users", "users")).toHaveLength(1);
  expect(await embedded(root, "/checklists", "checklists")).toHaveLength(1);
  expect(await embedded(root, "/tokens", "tokens")).toEqual([]);
});

test.skipIf(NO_SQLITE)(
  "todos smoke --make-token leaves no record, and refuses a file that is not the service's (SQLite only)",
  async () => {
    await using service = await startWithAccounts();
    using elsewhere = scratchData();
    const refused = await runTodos(["smoke", "--make-token", service.url], elsewhere);
    expect(refused.exitCode).toBe(FAILED);
    expect(refused.stderr).toContain("so it is not the service's store");
    expect((await runTodos(["smoke", "--make-token", service.url], service.data)).exitCode).toBe(0);
    using db = new Database(service.data.settings.TODOS_SQLITE_PATH ?? "", { readonly: true });
    const kinds = db.query("SELECT DISTINCT kind FROM account_record WHERE kind IN ('user', 'token')").all();
    expect(kinds).toEqual([]);
    const lists = db
      .query("SELECT name FROM checklist UNION ALL SELECT name FROM trashed_checklist")
      .values();
    expect(lists).toEqual([["Inbox"]]);
  },
);

test("a store with users is not served without accounts, unless told so", async () => {
  using data = scratchData();
  const before = await startWithAccounts({}, data);
  await firstAdmin(before);
  await before.stop();
  const refused = await runTodos(["serve"], data, { TODOS_AUTH: "none" });
  expect(refused.exitCode).toBe(FAILED);
  expect(refused.stderr).toContain("this store has users");
  expect(refused.stderr).toContain("TODOS_IGNORE_USERS=true");
  await using told = await startService({ TODOS_IGNORE_USERS: "true" }, data);
  expect((await fetch(`${told.url}/checklists`)).status).toBe(200);
});

test.skipIf(NO_SQLITE)(
  "a request that fails is logged without the secret in its path, and with the ids in it (SQLite only)",
  async () => {
    await using service = await startWithAccounts();
    const root = await firstAdmin(service);
    const ada = await invited(root, "ada");
    const { url } = (await root.post("/users", { login: "bob" })).json();
    const id = (await ada.get("/me")).json().id;
    const secret = String(url).split("/").at(-1) ?? "";
    using db = new Database(service.data.settings.TODOS_SQLITE_PATH ?? "");
    // What nobody but a faulty disk would write.
    db.run("UPDATE account_record SET value = 'not JSON', version = version + 1 WHERE kind = 'once'");
    expect((await service.nobody.get(String(url))).status).toBe(500);
    const line = await service.logged(({ message }) => message === "request failed");
    expect(line.path).toBe("/password/{link}");
    db.run("UPDATE account_record SET value = '[]', version = version + 1 WHERE kind = 'user' AND key = ?", [
      id,
    ]);
    expect((await root.get(`/users/${id}`)).status).toBe(500);
    const other = await service.logged(({ path }) => path === `/users/${id}`);
    expect(other.message).toBe("request failed");
    expect(JSON.stringify(service.log())).not.toContain(secret);
  },
);
