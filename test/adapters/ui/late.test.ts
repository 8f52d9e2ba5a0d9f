import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { type Service, startService } from "../../support/service.ts";
import { Browser, type Hooks, RETRYING_SOON } from "./browser.ts";
import { Gate, tapped } from "./gate.ts";
import { openedAt, saved } from "./opened.ts";
import { changedElsewhere, deletedElsewhere, made, servedTasks } from "./served.ts";
import { until } from "./until.ts";

let service: Service;
let list: string;
let count = 0;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service[Symbol.asyncDispose]());
beforeEach(async () => {
  list = await made(service, "/checklists", { name: `Late ${++count}` });
});

const opened = (hooks: Hooks, browser?: Browser) => openedAt(service, list, hooks, browser);

function task(todo: string): Promise<string> {
  return made(service, `/tasks?checklist=${list}`, { todo });
}

const pathOf = (id: string, at = list) => `/tasks/${id}?checklist=${at}`;
const isEvents = (url: string) => url.endsWith("/events");

/** When everything that can happen at once has happened. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe("what could not be read", () => {
  /** The read for the event is lost, once. */
  function losing() {
    const lost = Promise.withResolvers<void>();
    let id: string | undefined;
    return {
      lost: lost.promise,
      next: (task: string) => {
        id = task;
      },
      check: (url: string) => {
        if (id === undefined || !url.includes(`/tasks/${id}`)) return;
        id = undefined;
        lost.resolve();
        throw new TypeError("the request was lost");
      },
    };
  }

  test("is told again, even if the stream goes on after it was cut", async () => {
    const [missed, other] = [await task("one"), await task("other")];
    const { next, check, lost } = losing();
    const { workspace } = await opened({
      fetch: (url, init) => {
        check(url);
        const { signal, ...deaf } = init;
        return fetch(url, isEvents(url) ? deaf : { ...deaf, ...(signal ? { signal } : {}) });
      },
    });
    await until(() => workspace.tasksOf(list).value.length === 2);
    next(missed);
    await changedElsewhere(service, pathOf(missed), { todo: "two" });
    await lost;
    await changedElsewhere(service, pathOf(other), { todo: "changed" });
    await until(() => workspace.task(other).value?.todo === "changed");
    await until(() => workspace.task(missed).value?.todo === "two");
    await workspace.close(false);
  });

  test("is told again after the page died, just when the next stream had begun", async () => {
    const missed = await task("one");
    const { next, check } = losing();
    const begun = Promise.withResolvers<void>();
    let streams = 0;
    const { tab, workspace, browser } = await opened({
      fetch: async (url, init) => {
        check(url);
        if (!isEvents(url) || ++streams !== 2) return fetch(url, init);
        let pulls = 0;
        const body = new ReadableStream(
          {
            pull: async (controller) => {
              if (pulls++ === 0) return controller.enqueue(new TextEncoder().encode("retry: 2000\n\n"));
              begun.resolve();
              await new Promise<never>(() => undefined);
            },
          },
          { highWaterMark: 0 },
        );
        return new Response(body);
      },
    });
    await until(() => workspace.task(missed).value !== undefined);
    next(missed);
    await changedElsewhere(service, pathOf(missed), { todo: "two" });
    await begun.promise;
    await turn();
    // Its commit comes after whatever the stream has led to.
    await workspace.acts.addTask({ todo: "last" }, list);
    tab.kill();
    const again = (await opened({}, browser)).workspace;
    await until(() => again.task(missed).value?.todo === "two");
    await again.close(false);
  });

  test("of a list that came back are its tasks: they are read the next time", async () => {
    await task("one");
    await task("two");
    let isLost = false;
    const { workspace } = await opened({
      fetch: (url, init) => {
        const isStream = url.includes(`/tasks?checklist=${list}`) && !url.includes("size=");
        if (!isLost || !isStream) return fetch(url, init);
        isLost = false;
        throw new TypeError("the request was lost");
      },
    });
    await until(() => workspace.tasksOf(list).value.length === 2);
    const restore = await deletedElsewhere(service, `/checklists/${list}`);
    await until(() => workspace.list(list).value === undefined);
    isLost = true;
    await restore();
    await until(() => workspace.tasksOf(list).value.length === 2);
    expect(isLost).toBe(false);
    await workspace.close(false);
  });

  test("because no event ever told of it is read within the hour", async () => {
    let now = Date.now();
    const browser = new Browser(service.url);
    browser.nowMs = () => now;
    const { workspace } = await opened(
      {
        pauseMs: (ms) => (ms === 300_000 ? 10 : RETRYING_SOON.pauseMs(ms)),
        fetch: async (url, init) => {
          const answer = await fetch(url, init);
          return isEvents(url) ? tapped(answer, (piece) => !piece.includes("data:")) : answer;
        },
      },
      browser,
    );
    const id = await task("never told");
    now += 3_600_000;
    await until(() => workspace.task(id).value?.todo === "never told");
    await workspace.close(false);
  });
});

describe("an answer that comes late", () => {
  /** A page that is reading something, and so hears of all that happens meanwhile at once. */
  async function reading() {
    const gate = new Gate();
    const told = Promise.withResolvers<void>();
    const { workspace } = await opened({
      // It waits for no answer to what is made here.
      pauseMs: (ms) => (ms === 5_000 ? 0 : RETRYING_SOON.pauseMs(ms)),
      fetch: async (url, init) => {
        const answer = await gate.fetch(url, init);
        if (!isEvents(url)) return answer;
        return tapped(answer, (piece) => {
          if (piece.includes("task.deleted")) told.resolve();
          return true;
        });
      },
    });
    const readOf = (id: string) =>
      gate.hold((method, url) => method === "GET" && url.includes(`/tasks/${id}`));
    const busy = await task("busy");
    await until(() => workspace.task(busy).value !== undefined);
    const read = readOf(busy);
    /** Deletes a task elsewhere; of all that was done to it since the page began to read, it reads only that. */
    const deletesAndGoesOn = async (id: string) => {
      await deletedElsewhere(service, pathOf(id));
      await told.promise;
      await turn();
      read.arrive();
    };
    const begins = async () => {
      await changedElsewhere(service, pathOf(busy), { todo: "is read" });
      await read.asked.promise;
    };
    return { workspace, gate, readOf, begins, deletesAndGoesOn };
  }

  test("to a change does not bring back a task that is deleted by then", async () => {
    const { workspace, gate, readOf, begins, deletesAndGoesOn } = await reading();
    const id = await task("one");
    await until(() => workspace.task(id).value !== undefined);
    await begins();
    const patch = gate.hold((method) => method === "PATCH");
    await workspace.acts.changeTasks([id], { todo: "two" });
    expect(await patch.answered.promise).toBe(200);
    const read = readOf(id);
    await deletesAndGoesOn(id);
    expect(await read.answered.promise).toBe(404);
    read.arrive();
    const after = await task("read after it");
    await until(() => workspace.task(after).value !== undefined);
    patch.arrive();
    await saved(workspace);
    await until(() => workspace.task(id).value === undefined);
    await workspace.close(false);
  });

  test("to the making of a task that is deleted by then leaves no ghost", async () => {
    const { workspace, gate, readOf, begins, deletesAndGoesOn } = await reading();
    await begins();
    const making = gate.hold((method) => method === "POST");
    await workspace.acts.addTask({ todo: "short-lived" }, list);
    await making.answered.promise;
    const id = (await servedTasks(service, list)).find(({ todo }) => todo === "short-lived")?.id ?? "";
    const read = readOf(id);
    await deletesAndGoesOn(id);
    expect(await read.answered.promise).toBe(404);
    making.arrive();
    await saved(workspace);
    read.arrive();
    await until(() => workspace.tasksOf(list).value.length === 1);
    await workspace.close(false);
  });
});

test("deleted elsewhere and changed here, then restored elsewhere: nothing is asked, the change is sent", async () => {
  const id = await task("one");
  const { workspace, browser } = await opened({});
  await until(() => workspace.task(id).value !== undefined);
  browser.cut();
  await workspace.acts.changeTasks([id], { priority: "high" });
  const restore = await deletedElsewhere(service, pathOf(id));
  browser.restore();
  await until(() => workspace.clashes.value.length === 1);
  await restore();
  await saved(workspace);
  expect(await servedTasks(service, list)).toMatchObject([{ id, todo: "one", priority: "high" }]);
  expect(workspace.tasksOf(list).value).toMatchObject([{ id, priority: "high" }]);
  await workspace.close(false);
});

test("changed here after it has moved elsewhere, and before that is told: it is changed where it is", async () => {
  const other = await made(service, "/checklists", { name: `Other ${count}` });
  let mayHear = Promise.resolve();
  const { workspace } = await opened({
    fetch: async (url, init) => {
      const answer = await fetch(url, init);
      return isEvents(url) ? tapped(answer, () => mayHear.then(() => true)) : answer;
    },
  });
  const id = await task("one");
  await until(() => workspace.task(id).value !== undefined && workspace.list(other).value !== undefined);
  const { promise, resolve } = Promise.withResolvers<void>();
  mayHear = promise;
  await changedElsewhere(service, pathOf(id), { checklist: other });
  await workspace.acts.changeTasks([id], { priority: "high" });
  await saved(workspace);
  expect(await servedTasks(service, other)).toMatchObject([{ id, todo: "one", priority: "high" }]);
  resolve();
  await until(() => workspace.tasksOf(other).value[0]?.priority === "high");
  await workspace.close(false);
});
