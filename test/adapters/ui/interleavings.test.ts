import { afterAll, beforeAll, expect, test } from "bun:test";
import { HttpApi } from "../../../src/adapters/ui/api/http-api.ts";
import { Copy } from "../../../src/adapters/ui/copy/copy.ts";
import { Nowhere } from "../../../src/adapters/ui/copy/database.ts";
import { Reader } from "../../../src/adapters/ui/sync/reader.ts";
import { uuid } from "../../../src/adapters/ui/workspace/surroundings.ts";
import { type Service, startService } from "../../support/service.ts";
import { note } from "../../support/size.ts";
import { Gate } from "./gate.ts";
import { changedElsewhere, deletedElsewhere, made } from "./served.ts";

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service[Symbol.asyncDispose]());

/** A copy that reads by itself only what it is told to read. */
async function opened(gate = new Gate()) {
  const copy = new Copy({ keeper: new Nowhere(), tell: () => undefined, now: Date.now, uuid });
  const reader = new Reader(copy, new HttpApi(`${service.url}/`, gate.fetch), async () => undefined);
  await reader.readRoot();
  await reader.readAll();
  return { copy, reader };
}

/** What the copy takes for there. */
function rowsOf({ model }: Copy) {
  const rows = [...model.tasks.values()].filter(({ gone }) => !gone);
  return rows
    .map(({ self, server }) => ({ self, server }))
    .sort((a, b) => (`${a.self}` < `${b.self}` ? -1 : 1));
}

/** A task, and two lists between which it moves. */
class World {
  private constructor(
    readonly first: string,
    readonly second: string,
    readonly id: string,
  ) {}

  static async made(): Promise<World> {
    const [first, second] = [
      await made(service, "/checklists", { name: "First" }),
      await made(service, "/checklists", { name: "Second" }),
    ];
    await made(service, `/tasks?checklist=${first}`, { todo: "stays" });
    return new World(first, second, await made(service, `/tasks?checklist=${first}`, { todo: "one" }));
  }

  at(list: string): string {
    return `/tasks/${this.id}?checklist=${list}`;
  }

  /** Every address of which an event may tell. */
  get selves(): readonly string[] {
    return [this.first, this.second].map((list) => service.url + this.at(list));
  }

  /** @returns what restores it */
  remove(list = this.first): Promise<() => Promise<void>> {
    return deletedElsewhere(service, this.at(list));
  }

  move(from: string, to: string): Promise<void> {
    return changedElsewhere(service, this.at(from), { checklist: to });
  }

  async end(): Promise<void> {
    for (const list of [this.first, this.second])
      await fetch(`${service.url}/checklists/${list}`, { method: "DELETE" });
  }
}

/** What has happened before the copy is opened; they return what happens while an answer is on its way. */
const CHANGES: Readonly<Record<string, (world: World) => Promise<() => Promise<unknown>>>> = {
  changed: async (world) => () => changedElsewhere(service, world.at(world.first), { todo: "two" }),
  deleted: async (world) => () => world.remove(),
  restored: (world) => world.remove(),
  "deleted and restored": async (world) => async () => (await world.remove())(),
  moved: async (world) => () => world.move(world.first, world.second),
  "moved back": async (world) => {
    await world.move(world.first, world.second);
    return () => world.move(world.second, world.first);
  },
  "moved there and back": async (world) => async () => {
    await world.move(world.first, world.second);
    await world.move(world.second, world.first);
  },
  "moved and deleted": async (world) => async () => {
    await world.move(world.first, world.second);
    await world.remove(world.second);
  },
  "restored and moved": async (world) => {
    const restore = await world.remove();
    return async () => {
      await restore();
      await world.move(world.first, world.second);
    };
  },
};

type Opened = Awaited<ReturnType<typeof opened>>;

/** Whose answer is slow. */
const READS: Readonly<Record<string, (at: Opened, world: World) => Promise<unknown>>> = {
  "GET of where it was": ({ reader }, { selves }) => reader.readAt(selves[0] ?? ""),
  "GET of where it comes": ({ reader }, { selves }) => reader.readAt(selves[1] ?? ""),
  "stream of its list": ({ reader, copy }, { first }) => reader.readTasks(copy.model.keyOf(first)),
  "stream of the other list": ({ reader, copy }, { second }) => reader.readTasks(copy.model.keyOf(second)),
  "stream of everything": ({ reader }) => reader.readAll(),
};

function isOf(read: string, { id, first, second }: World, url: string): boolean {
  if (read.startsWith("GET")) return url.includes(`/tasks/${id}`);
  const list = read.includes("other") ? second : first;
  return url.includes(`/tasks?checklist=${list}`) && !url.includes("size=");
}

/** @param isEventFirst what is read for the event arrives before the answer that is older, else after it */
async function converges(change: string, read: string, isEventFirst: boolean): Promise<void> {
  const world = await World.made();
  const happens = (await CHANGES[change]?.(world)) ?? (async () => undefined);
  const gate = new Gate();
  const at = await opened(gate);
  const older = gate.hold((method, url) => method === "GET" && isOf(read, world, url));
  const reading = READS[read]?.(at, world);
  await older.answered.promise;
  await happens();
  const isOfTask = (method: string, url: string) => method === "GET" && url.includes(`/tasks/${world.id}`);
  const newer = isEventFirst ? [] : world.selves.map(() => gate.hold(isOfTask));
  const events = Promise.all(world.selves.map((self) => at.reader.readAt(self)));
  await (isEventFirst ? events : Promise.all(newer.map(({ answered }) => answered.promise)));
  older.arrive();
  await reading;
  for (const held of newer) held.arrive();
  await events;
  const truth = await opened();
  const order = isEventFirst ? "after" : "before";
  expect(rowsOf(at.copy), `${change}; the ${read} arrives ${order} the event's`).toEqual(rowsOf(truth.copy));
  await world.end();
}

test("answers that overtake each other leave no row missing, old, or as a ghost", async () => {
  let count = 0;
  for (const change of Object.keys(CHANGES)) {
    for (const read of Object.keys(READS)) {
      for (const isEventFirst of [true, false]) {
        await converges(change, read, isEventFirst);
        count++;
      }
    }
  }
  note(`answers that overtook each other: the copy was as the service in all of ${count} orders`);
}, 60_000);

test("two streams of everything at once read no row one by one", async () => {
  const world = await World.made();
  const singly: string[] = [];
  const { reader } = await opened(
    Object.assign(new Gate(), {
      fetch: (url: string, init: RequestInit) => {
        if (url.includes("/tasks/")) singly.push(url);
        return fetch(url, init);
      },
    }),
  );
  await Promise.all([reader.readAll(), reader.readAll()]);
  expect(singly).toEqual([]);
  await world.end();
});
