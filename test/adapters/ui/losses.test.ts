import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import type { Workspace } from "../../../src/adapters/ui/workspace/types.ts";
import { type Service, startService } from "../../support/service.ts";
import { Browser, type Hooks } from "./browser.ts";
import { Gate } from "./gate.ts";
import { openedAt, saved } from "./opened.ts";
import { changedElsewhere, made, servedTasks } from "./served.ts";
import { until } from "./until.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

let service: Service;
let list: string;
let count = 0;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service[Symbol.asyncDispose]());
beforeEach(async () => {
  list = await made(service, "/checklists", { name: `Loss ${++count}` });
});

const opened = (hooks?: Hooks, browser?: Browser) => openedAt(service, list, hooks, browser);

function task(todo: string, more: object = {}): Promise<string> {
  return made(service, `/tasks?checklist=${list}`, { todo, ...more });
}

async function known(workspace: Workspace, id: string): Promise<string> {
  await until(() => workspace.task(id).value !== undefined);
  return id;
}

const pathOf = (id: string) => `/tasks/${id}?checklist=${list}`;

test("a task moved to a list that is gone by then is refused, and shows again when the move is given up", async () => {
  const gate = new Gate();
  const { workspace } = await opened({ fetch: gate.fetch });
  const first = await known(workspace, await task("first"));
  const id = await known(workspace, await task("moved"));
  const other = await made(service, "/checklists", { name: "Gone" });
  await until(() => workspace.list(other).value?.may.write === true);
  const before = gate.hold((method) => method === "PATCH");
  await workspace.acts.changeTasks([first], { priority: "high" });
  await before.answered.promise;
  await workspace.acts.moveTasks([id], { list: other });
  await fetch(`${service.url}/checklists/${other}`, { method: "DELETE" });
  await until(() => workspace.list(other).value === undefined);
  before.arrive();
  await until(() => workspace.sync.value.kind === "unsent" && workspace.sync.value.reason === "stuck");
  expect(workspace.queue.value).toMatchObject([{ name: "moved", state: "stuck", problem: { status: 404 } }]);
  await workspace.drop(workspace.queue.value[0]?.id ?? "");
  expect(workspace.tasksOf(list).value).toMatchObject([{ todo: "first" }, { todo: "moved" }]);
  await workspace.close(false);
});

test("an answer that was lost, then too many requests: what may have been done is not forgotten", async () => {
  const answers = ["lost", "429"];
  const { workspace, tab } = await opened({
    fetch: async (url, init) => {
      if (init.method !== "POST" || answers.length === 0) return fetch(url, init);
      if (answers.shift() === "429") {
        return new Response(null, { status: 429, headers: { "retry-after": "3600" } });
      }
      await fetch(url, init);
      throw new TypeError("the answer was lost");
    },
  });
  const key = await workspace.acts.addTask({ todo: "one" }, list);
  await until(() => workspace.queue.value[0]?.problem?.status === 429);
  await workspace.acts.changeTasks([key], { todo: "two" });
  tab.wake();
  await saved(workspace);
  expect(await servedTasks(service, list)).toMatchObject([{ todo: "two" }]);
  await until(() => workspace.tasksOf(list).value.length === 1);
  await workspace.close(false);
});

test("what is changed after midnight does not move a completion to the next day", async () => {
  const days: unknown[] = [];
  const browser = new Browser(service.url);
  browser.nowMs = () => Date.parse("2026-11-29T12:00:00Z");
  const { workspace, tab } = await opened(
    {
      fetch: (url, init) => {
        if (init.method === "PATCH") days.push(new Headers(init.headers).get("todos-day"));
        return fetch(url, init);
      },
    },
    browser,
  );
  const id = await known(workspace, await task("daily", { dueDate: "2026-11-29", repeat: "FREQ=DAILY" }));
  browser.cut();
  await workspace.acts.setStatus([id], "completed");
  browser.nowMs = () => Date.parse("2026-11-30T12:00:00Z");
  tab.wake();
  await until(() => workspace.day.value === "2026-11-30");
  await workspace.acts.changeTasks([id], { description: "done yesterday" });
  browser.restore();
  await saved(workspace);
  expect(days).toEqual(["2026-11-29"]);
  await workspace.close(false);
});

test("undo of a new list leaves it alone when others have put something into it; then the act before is undone", async () => {
  const { workspace } = await opened();
  const own = await workspace.acts.addTask({ todo: "own" }, list);
  const key = await workspace.acts.addList("Shared");
  await saved(workspace);
  const shared = workspace.list(key).value?.id ?? "";
  await made(service, `/tasks?checklist=${shared}`, { todo: "of somebody else" });
  await until(() => workspace.tasksOf(key).value.length === 1);
  const refused = await workspace.undo().catch((error: unknown) => error);
  expect(refused).toMatchObject({ reason: "nothing-to-undo" });
  await workspace.undo();
  await saved(workspace);
  expect(workspace.task(own).value).toBeUndefined();
  expect(await servedTasks(service, shared)).toMatchObject([{ todo: "of somebody else" }]);
  await workspace.close(false);
});

test("undo takes back the last act also after the clock was set back", async () => {
  const browser = new Browser(service.url);
  browser.nowMs = () => Date.now() + 2 * DAY_MS;
  const { workspace } = await opened({}, browser);
  await workspace.acts.addTask({ todo: "first" }, list);
  await saved(workspace);
  browser.nowMs = () => Date.now();
  await workspace.acts.addTask({ todo: "second" }, list);
  await saved(workspace);
  await workspace.undo();
  await saved(workspace);
  expect(await servedTasks(service, list)).toMatchObject([{ todo: "first" }]);
  await workspace.close(false);
});

test("a proxy that weakens ETags does not hold up changes", async () => {
  const { workspace } = await opened({
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      const etag = response.headers.get("etag");
      if (etag === null) return response;
      const headers = new Headers(response.headers);
      headers.set("etag", `W/${etag}`);
      const body = [204, 304].includes(response.status) ? null : response.body;
      return new Response(body, { status: response.status, headers });
    },
  });
  const id = await known(workspace, await task("one"));
  await workspace.acts.changeTasks([id], { todo: "two" });
  await saved(workspace);
  expect(await servedTasks(service, list)).toMatchObject([{ todo: "two" }]);
  await workspace.close(false);
});

test("what was in question is in question again when the deletion of its task is undone", async () => {
  const { workspace, browser } = await opened();
  const id = await known(workspace, await task("one"));
  browser.cut();
  await workspace.acts.changeTasks([id], { todo: "here" });
  await changedElsewhere(service, pathOf(id), { todo: "there" });
  browser.restore();
  await until(() => workspace.clashes.value.length === 1);
  await workspace.acts.deleteTasks([id]);
  await workspace.undo();
  expect(workspace.clashes.value).toMatchObject([{ members: [{ mine: "here", theirs: "there" }] }]);
  await workspace.close(false);
});

test("a list that was renamed here and deleted elsewhere is kept as a new one, with what was changed in it", async () => {
  const { workspace, browser } = await opened();
  const id = await known(workspace, await task("inside"));
  browser.cut();
  await workspace.acts.renameList(list, "Renamed");
  await workspace.acts.changeTasks([id], { todo: "changed" });
  await fetch(`${service.url}/checklists/${list}`, { method: "DELETE" });
  browser.restore();
  await until(() => workspace.clashes.value.length === 2);
  for (const { id } of workspace.clashes.value) await workspace.settle(id, "keep");
  await saved(workspace);
  const kept = workspace.list(list).value;
  expect(kept?.name).toBe("Renamed");
  expect(await servedTasks(service, kept?.id ?? "")).toMatchObject([{ todo: "changed" }]);
  await workspace.close(false);
});

test("a text that was changed in another tab while it was being edited is not overwritten either", async () => {
  const { workspace, browser } = await opened();
  const id = await known(workspace, await task("before"));
  browser.cut();
  await workspace.acts.changeTasks([id], { todo: "in one tab" });
  await workspace.acts.changeTasks([id], { todo: "in the other" }, { todo: "before" });
  browser.restore();
  await until(() => workspace.clashes.value.length === 1);
  expect(workspace.clashes.value).toMatchObject([
    { members: [{ base: "before", mine: "in the other", theirs: "in one tab" }] },
  ]);
  expect(await servedTasks(service, list)).toMatchObject([{ todo: "in one tab" }]);
  await workspace.close(false);
});

test("undo of a move leaves a task where others have moved it since", async () => {
  const { workspace } = await opened();
  const id = await known(workspace, await task("moved"));
  const [own, other] = [
    await made(service, "/checklists", { name: "Own" }),
    await made(service, "/checklists", { name: "Other" }),
  ];
  await made(service, `/tasks?checklist=${other}`, { todo: "last" });
  await until(
    () => workspace.list(own).value?.may.write === true && workspace.tasksOf(other).value.length === 1,
  );
  await workspace.acts.moveTasks([id], { list: own });
  await saved(workspace);
  const path = `/tasks/${id}?checklist=${own}`;
  const [last] = await servedTasks(service, other);
  await changedElsewhere(service, path, { checklist: other, position: { after: null, before: last?.id } });
  await until(() => workspace.task(id).value?.list === other);
  const refused = await workspace.undo().catch((error: unknown) => error);
  expect(refused).toMatchObject({ reason: "nothing-to-undo" });
  expect(workspace.tasksOf(other).value).toMatchObject([{ todo: "moved" }, { todo: "last" }]);
  await workspace.close(false);
});

test("a task moved next to one that is deleted and restored before either is sent stays next to it", async () => {
  const { workspace, browser } = await opened();
  const todos = ["a", "b", "c", "d", "e", "moved"];
  const ids: string[] = [];
  for (const todo of todos) ids.push(await known(workspace, await task(todo)));
  const [, after = "", before = ""] = ids;
  browser.cut();
  await workspace.acts.moveTasks([ids.at(-1) ?? ""], { place: { after, before } });
  await workspace.acts.deleteTasks([before]);
  browser.restore();
  await saved(workspace);
  await workspace.undo();
  await saved(workspace);
  const shown = () => workspace.tasksOf(list).value.map(({ todo }) => todo);
  expect(shown()).toEqual(["a", "b", "moved", "c", "d", "e"]);
});
