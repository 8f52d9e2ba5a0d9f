import { afterAll, beforeAll, expect, test } from "bun:test";
import { fromJson, toJson } from "../../../src/adapters/ui/transfer/json.ts";
import { fromMarkdown, toMarkdown } from "../../../src/adapters/ui/transfer/markdown.ts";
import { portableLists } from "../../../src/adapters/ui/transfer/transfer.ts";
import type { Workspace } from "../../../src/adapters/ui/workspace/types.ts";
import { type Service, startService } from "../../support/service.ts";
import { Browser, RETRYING_SOON } from "./browser.ts";
import { saved } from "./opened.ts";
import { servedTasks } from "./served.ts";
import { until } from "./until.ts";

const COMPARED_EVERY_MS = 5 * 60_000;
const HOUR_MS = 60 * 60 * 1_000;
const WEEK_MS = 7 * 24 * HOUR_MS;

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service[Symbol.asyncDispose]());

async function opened(browser: Browser) {
  const tab = browser.open(RETRYING_SOON);
  await until(() => tab.workspace.connection.value === "online");
  return tab;
}

test("the history of what this browser sent is there for a week, and gone after it", async () => {
  const browser = new Browser(service.url);
  const sentAtMs = Date.now();
  const first = await opened(browser);
  await first.workspace.acts.addTask({ todo: "Told of for a week" });
  await saved(first.workspace);
  first.kill();
  for (const [ageMs, names] of [
    [WEEK_MS - HOUR_MS, ["Told of for a week"]],
    [WEEK_MS + HOUR_MS, []],
  ] as const) {
    browser.nowMs = () => sentAtMs + ageMs;
    const { workspace, kill } = bound(await opened(browser));
    expect((await workspace.history()).map(({ name }) => name)).toEqual([...names]);
    kill();
  }
});

test("the history is gone after a week also in a tab that stays open", async () => {
  const browser = new Browser(service.url);
  const pauseMs = (ms: number) => (ms === COMPARED_EVERY_MS ? 10 : RETRYING_SOON.pauseMs(ms));
  const { workspace } = browser.open({ pauseMs });
  await until(() => workspace.connection.value === "online");
  await workspace.acts.addTask({ todo: "Told of for a week" });
  await saved(workspace);
  expect(await workspace.history()).toHaveLength(1);
  browser.nowMs = () => Date.now() + WEEK_MS + HOUR_MS;
  while ((await workspace.history()).length > 0) await Bun.sleep(10);
  await workspace.close(false);
});

test("every kind of act is undone after the page was closed and opened again, a week later too", async () => {
  const browser = new Browser(service.url);
  const first = await opened(browser);
  const { acts } = first.workspace;
  const list = await acts.addList("Garden");
  const other = await acts.addList("Gone");
  const [rake = "", hoe = ""] = await acts.addTasks([{ todo: "rake" }, { todo: "hoe" }], list);
  await acts.addTask({ todo: "inside" }, other);
  await saved(first.workspace);
  const before = shown(first.workspace);
  await acts.changeTasks([rake], { todo: "rake leaves", dueDate: "2026-12-01" });
  await acts.setStatus([hoe], "completed");
  await acts.moveTasks([rake], { place: { after: hoe, before: null } });
  await acts.renameList(list, "Yard");
  await acts.deleteList(other);
  await acts.deleteTasks([rake, hoe]);
  await saved(first.workspace);
  first.kill();

  browser.nowMs = () => Date.now() + WEEK_MS + HOUR_MS;
  const { workspace } = await opened(browser);
  for (let n = 0; n < 6; n++) {
    await workspace.undo();
    await saved(workspace);
  }
  await until(() => shown(workspace) === before);
  const id = workspace.list(list).value?.id ?? "";
  expect(await servedTasks(service, id)).toMatchObject([
    { todo: "rake", status: "pending" },
    { todo: "hoe", status: "pending" },
  ]);
  await workspace.close(false);
});

test("what is no longer in the trash can't be undone, and that is said", async () => {
  const browser = new Browser(service.url);
  const { workspace } = await opened(browser);
  const key = await workspace.acts.addTask({ todo: "For good" });
  await workspace.acts.deleteTasks([key]);
  await saved(workspace);
  const again = await workspace.acts.addTask({ todo: "For good" });
  await saved(workspace);
  await workspace.acts.deleteTasks([again]);
  await saved(workspace);
  const inbox = workspace.lists.value.find(({ isInbox }) => isInbox)?.key ?? "";
  const { rows } = await workspace.trash.tasksOf(inbox);
  for (const row of rows) if (row.name === "For good") await workspace.trash.erase(row);
  await workspace.undo();
  await until(() => workspace.sync.value.kind === "unsent");
  expect(workspace.sync.value).toMatchObject({ count: 1, reason: "stuck" });
  expect(workspace.queue.value).toMatchObject([{ kind: "restore-task", state: "stuck" }]);
  await workspace.drop(workspace.queue.value[0]?.id ?? "");
  expect(workspace.sync.value).toEqual({ kind: "saved" });
  expect(workspace.task(again).value).toBeUndefined();
  await workspace.close(false);
});

test("an export has what is open and what is completed, and nothing of the trash", async () => {
  const { workspace } = await opened(new Browser(service.url));
  const { acts } = workspace;
  const [list, trashed] = [await acts.addList("Exported"), await acts.addList("Trashed")];
  const keys = await acts.addTasks([{ todo: "open" }, { todo: "done" }, { todo: "deleted" }], list);
  await acts.addTask({ todo: "goes with its list" }, trashed);
  await saved(workspace);
  await acts.setStatus(keys.slice(1, 2), "completed");
  await acts.deleteTasks(keys.slice(2));
  await acts.deleteList(trashed);
  for (const isSent of [false, true]) {
    if (isSent) await saved(workspace);
    const lists = portableLists(workspace);
    for (const { lists: read } of [fromJson(toJson(lists)), fromMarkdown(toMarkdown(lists))]) {
      expect(read.find(({ name }) => name === "Exported")?.tasks).toMatchObject([
        { todo: "open", status: "pending" },
        { todo: "done", status: "completed" },
      ]);
      expect(JSON.stringify(read)).not.toMatch(/Trashed|goes with its list|"deleted"/);
    }
  }
  await workspace.close(false);
});

function bound<T extends { kill(): void }>(tab: T): T {
  return Object.assign(tab, { kill: tab.kill.bind(tab) });
}

/** Lists with their tasks, as a person sees them. */
function shown(workspace: Workspace): string {
  return JSON.stringify(portableLists(workspace));
}
