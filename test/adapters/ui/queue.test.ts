import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Workspace } from "../../../src/adapters/ui/workspace/types.ts";
import { type Service, startService } from "../../support/service.ts";
import { Browser, type Hooks, RETRYING_SOON, type Tab } from "./browser.ts";
import { saved } from "./opened.ts";
import { changedElsewhere, made, servedTasks } from "./served.ts";
import { until } from "./until.ts";

const HOUR_MS = 60 * 60 * 1_000;

let service: Service;
let list: string;
let count = 0;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service[Symbol.asyncDispose]());
beforeEach(async () => {
  list = await made(service, "/checklists", { name: `Case ${++count}` });
});

async function opened(
  browser = new Browser(service.url),
  hooks: Hooks = {},
): Promise<Tab & { browser: Browser }> {
  const tab = browser.open({ ...RETRYING_SOON, ...hooks });
  const { workspace } = tab;
  await until(() => workspace.list(list).value?.may.write === true);
  return Object.assign(tab, { browser });
}

function task(name: string): Promise<string> {
  return made(service, `/tasks?checklist=${list}`, { todo: name });
}

const pathOf = (id: string) => `/tasks/${id}?checklist=${list}`;

describe("the queue", () => {
  test("changes that are not sent yet become one request", async () => {
    const sent: string[] = [];
    const { workspace, browser } = await opened(undefined, {
      fetch: (url, init) => {
        if (init.method !== "GET") sent.push(`${init.method} ${init.body}`);
        return fetch(url, init);
      },
    });
    browser.cut();
    const key = await workspace.acts.addTask({ todo: "one" }, list);
    await workspace.acts.changeTasks([key], { todo: "two" });
    await workspace.acts.setStatus([key], "completed");
    expect(workspace.queue.value).toMatchObject([{ kind: "add-task", name: "two", state: "waiting" }]);
    browser.restore();
    await saved(workspace);
    expect(sent).toHaveLength(1);
    expect(await servedTasks(service, list)).toMatchObject([{ todo: "two", status: "completed" }]);
    await workspace.close(false);
  });

  test("what was added and deleted before it was sent is never sent; nor is what was changed back", async () => {
    const id = await task("stays");
    const { workspace, browser } = await opened();
    await until(() => workspace.task(id).value !== undefined);
    browser.cut();
    const key = await workspace.acts.addTask({ todo: "never" }, list);
    await workspace.acts.deleteTasks([key]);
    await workspace.acts.changeTasks([id], { priority: "high" });
    await workspace.acts.changeTasks([id], { priority: "medium" });
    expect(workspace.queue.value).toEqual([]);
    expect(workspace.sync.value).toMatchObject({ kind: "saved" });
    await workspace.close(false);
  });

  test.each([-1, 1])(
    "tasks keep their order while they are answered; the clock is off by %d h",
    async (hours) => {
      await task("old");
      const browser = new Browser(service.url);
      browser.nowMs = () => Date.now() + hours * 60 * 60 * 1_000;
      const { workspace } = await opened(browser);
      const rows = workspace.tasksOf(list);
      await until(() => rows.value.length === 1);
      browser.cut();
      const one = await workspace.acts.addTask({ todo: "one" }, list);
      const two = await workspace.acts.addTask({ todo: "two" }, list);
      const between = await workspace.acts.addTask({ todo: "between" }, list);
      await workspace.acts.moveTasks([between], { place: { after: one, before: two } });
      const orders = new Set<string>();
      const stop = rows.subscribe((shown) => orders.add(shown.map(({ todo }) => todo).join()));
      browser.restore();
      await saved(workspace);
      stop();
      expect([...orders]).toEqual(["old,one,between,two"]);
      await workspace.close(false);
    },
  );

  test("it outlives the page, is shown without the service, and is sent when that answers again", async () => {
    const { browser, workspace, kill } = bound(await opened());
    browser.cut();
    const key = await workspace.acts.addTask({ todo: "kept" }, list);
    kill();
    const again = browser.open(RETRYING_SOON);
    await until(() => again.workspace.task(key).value?.todo === "kept");
    expect(again.workspace.state.value).toBe("ready");
    await until(() => again.workspace.sync.value.kind === "unsent");
    expect(again.workspace.sync.value).toMatchObject({ count: 1, reason: "offline" });
    const exported = JSON.parse(await (await again.workspace.exportQueue()).text());
    expect(exported).toMatchObject([{ changes: { todo: "kept" } }]);
    browser.restore();
    again.wake();
    await saved(again.workspace);
    expect(await servedTasks(service, list)).toMatchObject([{ todo: "kept" }]);
    await again.workspace.close(false);
  });

  test.each([25, -25])(
    "what was sent %d h ago, by the clock, and never answered is not sent again by itself",
    async (hours) => {
      let isLost = true;
      const { workspace, browser } = await opened(undefined, {
        fetch: async (url, init) => {
          const response = await fetch(url, init);
          if (isLost && init.method === "POST") {
            browser.cut();
            throw new TypeError("the answer was lost");
          }
          return response;
        },
      });
      await workspace.acts.addTask({ todo: "once" }, list);
      await until(() => workspace.connection.value === "offline");
      isLost = false;
      browser.nowMs = () => Date.now() + hours * HOUR_MS;
      browser.restore();
      await until(() => workspace.queue.value[0]?.state === "doubtful");
      expect(await servedTasks(service, list)).toHaveLength(1);
      await workspace.drop(workspace.queue.value[0]?.id ?? "");
      await saved(workspace);
      await until(() => workspace.tasksOf(list).value.length === 1);
      await workspace.close(false);
    },
  );

  test("a change that the service refuses is kept with why, and can be dropped; others go on", async () => {
    const { workspace, browser } = await opened();
    browser.cut();
    await workspace.acts.addTask({ todo: "nowhere" }, list);
    await workspace.acts.addTask({ todo: "in the inbox" });
    await fetch(`${service.url}/checklists/${list}`, { method: "DELETE" });
    browser.restore();
    const reason = () => (workspace.sync.value.kind === "unsent" ? workspace.sync.value.reason : undefined);
    await until(() => workspace.queue.value.length === 1 && reason() === "stuck");
    expect(workspace.queue.value).toMatchObject([
      { name: "nowhere", state: "stuck", problem: { status: 404 } },
    ]);
    await workspace.drop(workspace.queue.value[0]?.id ?? "");
    await saved(workspace);
    expect((await workspace.history()).map(({ name, end }) => [name, end])).toContainEqual([
      "nowhere",
      "dropped",
    ]);
    await workspace.close(false);
  });

  test("a full disk refuses the act: nothing is shown, nothing is queued", async () => {
    let isFull = false;
    const { workspace } = await opened(undefined, {
      writes: () => {
        if (isFull) throw new DOMException("the disk is full", "QuotaExceededError");
      },
    });
    isFull = true;
    const refused = await workspace.acts.addTask({ todo: "too much" }, list).catch((error: unknown) => error);
    expect(refused).toMatchObject({ reason: "storage" });
    expect(workspace.tasksOf(list).value).toEqual([]);
    isFull = false;
    await workspace.acts.addTask({ todo: "again" }, list);
    await saved(workspace);
    await workspace.close(false);
  });
});

describe("changes on both sides", () => {
  /** Changed here while offline, and elsewhere; then online again. */
  async function met(
    id: string,
    here: (workspace: Workspace) => Promise<unknown>,
    there: () => Promise<unknown>,
  ) {
    const { workspace, browser } = await opened();
    await until(() => workspace.task(id).value !== undefined);
    browser.cut();
    await here(workspace);
    await there();
    browser.restore();
    return workspace;
  }

  test("of different members: both stay, nobody is asked", async () => {
    const id = await task("one");
    const workspace = await met(
      id,
      ({ acts }) => acts.changeTasks([id], { todo: "here", labels: ["here"] }),
      () => changedElsewhere(service, pathOf(id), { priority: "high", labels: ["there"] }),
    );
    await saved(workspace);
    const [row] = await servedTasks(service, list);
    expect(row).toMatchObject({ todo: "here", priority: "high", labels: ["there", "here"] });
    await workspace.close(false);
  });

  test.each(["mine", "theirs"] as const)(
    "of one member: shown side by side; %s is chosen",
    async (choice) => {
      const id = await task("one");
      const workspace = await met(
        id,
        ({ acts }) => acts.changeTasks([id], { todo: "here", dueDate: "2026-12-24" }),
        () => changedElsewhere(service, pathOf(id), { todo: "there" }),
      );
      await until(() => workspace.clashes.value.length === 1);
      const [clash] = workspace.clashes.value;
      expect(clash).toMatchObject({
        kind: "changed",
        key: id,
        members: [{ base: "one", mine: "here", theirs: "there" }],
      });
      // What is in question is shown as it was edited here; the rest has been sent.
      await until(() => workspace.queue.value.length === 1);
      expect(workspace.task(id).value).toMatchObject({
        todo: "here",
        dueDate: "2026-12-24",
        clash: clash?.id,
      });
      await workspace.settle(clash?.id ?? "", { todo: choice });
      await saved(workspace);
      const todo = choice === "mine" ? "here" : "there";
      expect(await servedTasks(service, list)).toMatchObject([{ todo, dueDate: "2026-12-24" }]);
      await until(() => workspace.task(id).value?.todo === todo);
      await workspace.close(false);
    },
  );

  test("deleted elsewhere, changed here: kept as a new task, or let go", async () => {
    const ids = [await task("kept"), await task("let go")] as const;
    const workspace = await met(
      ids[0],
      ({ acts }) => acts.changeTasks(ids, { description: "changed here" }),
      () => Promise.all(ids.map((id) => fetch(service.url + pathOf(id), { method: "DELETE" }))),
    );
    await until(() => workspace.clashes.value.length === 2);
    for (const { id, key, kind } of workspace.clashes.value) {
      expect(kind).toBe("deleted");
      await workspace.settle(id, key === ids[0] ? "keep" : "drop");
    }
    await saved(workspace);
    const rows = await servedTasks(service, list);
    expect(rows).toMatchObject([{ todo: "kept", description: "changed here" }]);
    expect(rows[0]?.id).not.toBe(ids[0]);
    await workspace.close(false);
  });

  test("deleted here, changed elsewhere: nothing is deleted before somebody has seen it", async () => {
    const id = await task("one");
    const workspace = await met(
      id,
      ({ acts }) => acts.deleteTasks([id]),
      () => changedElsewhere(service, pathOf(id), { todo: "there" }),
    );
    await until(() => workspace.clashes.value.length === 1);
    expect(workspace.clashes.value[0]).toMatchObject({
      kind: "deleting",
      members: [{ member: "todo", theirs: "there" }],
    });
    expect(workspace.task(id).value).toMatchObject({ todo: "there" });
    await workspace.settle(workspace.clashes.value[0]?.id ?? "", "drop");
    await saved(workspace);
    expect(await servedTasks(service, list)).toEqual([]);
    await workspace.close(false);
  });

  test("a lost answer: what others have changed back since is not changed again in silence", async () => {
    const id = await task("one");
    let isLost = true;
    const { workspace, browser } = await opened(undefined, {
      fetch: async (url, init) => {
        const response = await fetch(url, init);
        if (!isLost || init.method !== "PATCH") return response;
        browser.cut();
        throw new TypeError("the answer was lost");
      },
    });
    await until(() => workspace.task(id).value !== undefined);
    await workspace.acts.changeTasks([id], { todo: "two" });
    await until(() => workspace.connection.value === "offline");
    await changedElsewhere(service, pathOf(id), { todo: "one" });
    isLost = false;
    browser.restore();
    await until(() => workspace.clashes.value.length === 1);
    expect(await servedTasks(service, list)).toMatchObject([{ todo: "one" }]);
    await workspace.close(false);
  });
});

describe("undo", () => {
  test("takes back each kind of act, the newest first", async () => {
    const [first, second] = [await task("first"), await task("second")];
    const { workspace } = await opened();
    await until(() => workspace.tasksOf(list).value.length === 2);
    const shown = () =>
      JSON.stringify(workspace.tasksOf(list).value.map(({ todo, status }) => [todo, status]));
    const before = shown();
    await workspace.acts.setStatus([first], "completed");
    await saved(workspace);
    await workspace.acts.changeTasks([second], { todo: "changed" });
    await saved(workspace);
    await workspace.acts.moveTasks([second], { place: { after: null, before: first } });
    await saved(workspace);
    await workspace.acts.deleteTasks([first, second]);
    await saved(workspace);
    await workspace.acts.addTask({ todo: "new" }, list);
    await saved(workspace);
    for (let i = 0; i < 5; i++) {
      await workspace.undo();
      await saved(workspace);
    }
    expect(shown()).toBe(before);
    expect(workspace.recent.value.map(({ undo }) => undo)).toEqual(Array(5).fill("undone"));
    const rows = await servedTasks(service, list);
    expect(rows).toMatchObject([
      { id: first, status: "pending" },
      { id: second, todo: "second" },
    ]);
    await workspace.close(false);
  });

  test("leaves alone what others have changed since", async () => {
    const id = await task("one");
    const { workspace } = await opened();
    await until(() => workspace.task(id).value !== undefined);
    await workspace.acts.changeTasks([id], { todo: "two" });
    await saved(workspace);
    await changedElsewhere(service, pathOf(id), { todo: "three" });
    await until(() => workspace.task(id).value?.todo === "three");
    expect(await workspace.undo().catch((error: unknown) => error)).toMatchObject({
      reason: "nothing-to-undo",
    });
    expect(workspace.task(id).value?.todo).toBe("three");
    await workspace.close(false);
  });
});

describe("two tabs", () => {
  test("share one copy and one queue; when the one that sends is closed, the other one goes on", async () => {
    const browser = new Browser(service.url);
    const [first, second] = [await opened(browser), await opened(browser)];
    browser.cut();
    const key = await second.workspace.acts.addTask({ todo: "from the second" }, list);
    await until(() => first.workspace.task(key).value?.todo === "from the second");
    await first.workspace.acts.changeTasks([key], { todo: "changed in the first" });
    await until(() => second.workspace.task(key).value?.todo === "changed in the first");
    expect(second.workspace.queue.value).toHaveLength(1);
    first.kill();
    browser.restore();
    await saved(second.workspace);
    expect(await servedTasks(service, list)).toMatchObject([{ todo: "changed in the first" }]);
    await second.workspace.close(false);
  });

  test("acts in both at once: all are kept", async () => {
    const browser = new Browser(service.url);
    const tabs = [await opened(browser), await opened(browser)];
    const texts = Array.from({ length: 20 }, (_, n) => `task ${String(n).padStart(2, "0")}`);
    await Promise.all(texts.map((todo, n) => tabs[n % 2]?.workspace.acts.addTask({ todo }, list)));
    for (const { workspace } of tabs)
      await until(() => workspace.tasksOf(list).value.length === texts.length);
    for (const { workspace } of tabs) await saved(workspace);
    expect((await servedTasks(service, list)).map(({ todo }) => todo).sort()).toEqual(texts);
    await Promise.all(tabs.map(({ workspace }) => workspace.close(true)));
  });
});

function bound(tab: Tab & { browser: Browser }) {
  return { browser: tab.browser, workspace: tab.workspace, kill: () => tab.kill() };
}
