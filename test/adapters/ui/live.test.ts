import { afterAll, beforeAll, expect, test } from "bun:test";
import { NO_SQLITE, type Service, scratchData, startService } from "../../support/service.ts";
import { Browser, RETRYING_SOON } from "./browser.ts";
import { changedElsewhere, made, servedTasks } from "./served.ts";
import { until } from "./until.ts";

let service: Service;
const data = scratchData();
beforeAll(async () => {
  service = await startService({}, data);
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  data[Symbol.dispose]();
});

test("what others do is shown as it happens: made, changed, moved with its key, deleted, restored", async () => {
  const [list, other] = [
    await made(service, "/checklists", { name: "One" }),
    await made(service, "/checklists", { name: "Other" }),
  ];
  const { workspace } = new Browser(service.url).open(RETRYING_SOON);
  await until(() => workspace.list(other).value !== undefined && workspace.connection.value === "online");
  const id = await made(service, `/tasks?checklist=${list}`, { todo: "one" });
  await until(() => workspace.task(id).value?.todo === "one");
  await changedElsewhere(service, `/tasks/${id}?checklist=${list}`, { todo: "two" });
  await until(() => workspace.task(id).value?.todo === "two");
  await changedElsewhere(service, `/tasks/${id}?checklist=${list}`, { checklist: other });
  await until(
    () => workspace.tasksOf(other).value.length === 1 && workspace.tasksOf(list).value.length === 0,
  );
  expect(workspace.task(id).value).toMatchObject({ todo: "two", list: other });
  const answer = await fetch(`${service.url}/checklists/${other}`, { method: "DELETE" });
  await until(() => workspace.list(other).value === undefined && workspace.find("two").length === 0);
  const trash = /<([^>]*)>/.exec(answer.headers.get("link") ?? "")?.[1];
  await fetch(`${trash}/restore`, { method: "POST" });
  await until(
    () => workspace.tasksOf(other).value[0]?.todo === "two" && workspace.list(other).value !== undefined,
  );
  await workspace.close(false);
});

const SEEN = { todo: "seen", description: "seen" } as const;

test("edited for a while, and changed elsewhere meanwhile: both sides are shown, neither is overwritten", async () => {
  const list = await made(service, "/checklists", { name: "Edited" });
  const id = await made(service, `/tasks?checklist=${list}`, SEEN);
  const { workspace } = new Browser(service.url).open(RETRYING_SOON);
  await until(() => workspace.task(id).value !== undefined);
  await changedElsewhere(service, `/tasks/${id}?checklist=${list}`, { todo: "theirs", priority: "high" });
  await changedElsewhere(service, `/checklists/${list}`, { name: "Theirs" });
  await until(
    () => workspace.task(id).value?.todo === "theirs" && workspace.list(list).value?.name === "Theirs",
  );
  await workspace.acts.changeTasks([id], { todo: "mine", description: "mine" }, SEEN);
  await workspace.acts.renameList(list, "Mine", "Edited");
  await until(() => workspace.clashes.value.length === 2 && workspace.sync.value.kind === "unsent");
  const inQuestion = new Map(workspace.clashes.value.map(({ id: clash, members }) => [members[0], clash]));
  expect([...inQuestion.keys()]).toMatchObject([
    { member: "name", base: "Edited", mine: "Mine", theirs: "Theirs" },
    { member: "todo", base: "seen", mine: "mine", theirs: "theirs" },
  ]);
  expect(await servedTasks(service, list)).toMatchObject([
    { todo: "theirs", description: "mine", priority: "high" },
  ]);
  await workspace.settle([...inQuestion.values()][1] ?? "", { todo: "mine" });
  await until(() => workspace.queue.value.length === 1);
  expect(await servedTasks(service, list)).toMatchObject([{ todo: "mine" }]);
  await workspace.close(false);
});

test("the service dies in the middle and comes back: what was edited meanwhile is sent, what was missed is read", async () => {
  const list = await made(service, "/checklists", { name: "Restarted" });
  const browser = new Browser(service.url);
  const { workspace } = browser.open(RETRYING_SOON);
  await until(() => workspace.list(list).value?.may.write === true);
  const first = await workspace.acts.addTask({ todo: "before" }, list);
  await until(() => workspace.sync.value.kind === "saved");
  const port = new URL(service.url).port;
  await service.stop("SIGKILL");
  const second = await workspace.acts.addTask({ todo: "while it was down" }, list);
  await workspace.acts.setStatus([first], "completed");
  await until(() => workspace.sync.value.kind === "unsent");
  expect(workspace.sync.value).toMatchObject({ count: 2, reason: "offline" });
  service = await startService({ TODOS_PORT: port }, data);
  await until(() => workspace.sync.value.kind === "saved");
  expect(await servedTasks(service, list)).toMatchObject([
    { todo: "before", status: "completed" },
    { todo: "while it was down", status: "pending" },
  ]);
  const { id = "" } = workspace.task(second).value ?? {};
  await changedElsewhere(service, `/tasks/${id}?checklist=${list}`, { priority: "high" });
  await until(() => workspace.task(second).value?.priority === "high");
  await workspace.close(false);
});

test("a page that was closed for long reads what it missed, also what is gone", async () => {
  const list = await made(service, "/checklists", { name: "Closed" });
  const [stays, goes] = [
    await made(service, `/tasks?checklist=${list}`, { todo: "stays" }),
    await made(service, `/tasks?checklist=${list}`, { todo: "goes" }),
  ];
  const browser = new Browser(service.url);
  const first = browser.open(RETRYING_SOON);
  await until(
    () => first.workspace.tasksOf(list).value.length === 2 && first.workspace.connection.value === "online",
  );
  first.kill();
  await fetch(`${service.url}/tasks/${goes}?checklist=${list}`, { method: "DELETE" });
  await changedElsewhere(service, `/tasks/${stays}?checklist=${list}`, { todo: "changed" });
  const { workspace } = browser.open(RETRYING_SOON);
  await until(
    () => workspace.tasksOf(list).value[0]?.todo === "changed" && workspace.tasksOf(list).value.length === 1,
  );
  await workspace.close(false);
});

test.skipIf(NO_SQLITE)(
  "each person has a copy: what one has not sent never goes out in another one's name",
  async () => {
    await using accounts = await startService({ TODOS_AUTH: "accounts" });
    const { setUpCode } = await accounts.logged(({ setUpCode }) => setUpCode !== undefined);
    const cookies = { current: "" };
    const asks = (url: string, init: RequestInit) =>
      fetch(url, {
        ...init,
        headers: { ...init.headers, cookie: cookies.current, "sec-fetch-site": "same-origin" },
      });
    const post = async (path: string, body: object) => {
      const headers = { "content-type": "application/json" };
      const answer = await asks(accounts.url + path, { method: "POST", headers, body: JSON.stringify(body) });
      return { answer, cookie: answer.headers.get("set-cookie")?.split(";")[0] ?? "" };
    };
    const password = "a password of ada's";
    const ada = (await post("/set-up", { code: setUpCode, login: "ada", password })).cookie;
    cookies.current = ada;
    const { answer } = await post("/users", { login: "bob", role: "user" });
    const invitation = new URL(String(((await answer.json()) as { url: string }).url)).pathname;
    cookies.current = "";
    const bob = (await post(invitation, { password: "a password of bob's" })).cookie;

    cookies.current = ada;
    const browser = new Browser(accounts.url);
    const { workspace } = browser.open({ ...RETRYING_SOON, fetch: asks });
    await until(() => workspace.lists.value[0]?.may.write === true && workspace.me.value?.login === "ada");
    expect(workspace.lists.value).toMatchObject([{ isInbox: true }]);
    browser.cut();
    await workspace.acts.addTask({ todo: "ada's" });
    cookies.current = bob;
    browser.restore();
    await until(() => workspace.me.value?.login === "bob");
    await until(() => workspace.lists.value[0]?.may.write === true);
    expect(workspace.queue.value).toEqual([]);
    expect(workspace.find("ada's")).toEqual([]);
    cookies.current = "";
    await workspace.signedIn();
    expect(workspace.state.value).toBe("signed-out");
    cookies.current = ada;
    await workspace.signedIn();
    await until(() => workspace.me.value?.login === "ada" && workspace.sync.value.kind === "saved");
    await until(() => workspace.find("ada's")[0]?.pending === false);
    await workspace.close(false);
  },
);
