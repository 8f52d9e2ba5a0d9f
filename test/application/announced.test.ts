import { describe, expect, test } from "bun:test";
import { announcedCreation, announcedWrite } from "../../src/application/announced.ts";
import type { Announcement, Change, ChangeFeed, Created, Written } from "../../src/application/ports.ts";
import { TodosError } from "../../src/domain/errors.ts";

const CHANGE: Change = { type: "task.updated", checklistId: "list", taskId: "task" };
const ROW = { version: 3 };

/** Records its announcements, in order with the writes. */
function feedWriting(to: string[], later = false): ChangeFeed {
  const announcement: Announcement = {
    happened: (version) => to.push(`happened ${version}`),
    dropped: () => to.push("dropped"),
    undecided: () => to.push("undecided"),
  };
  const announced = () => {
    to.push("announced");
    return announcement;
  };
  return {
    announce: () => (later ? Promise.resolve().then(announced) : announced()),
    subscribe: () => ({ resumed: true, position: "", unsubscribe: () => undefined }),
    close: () => undefined,
  };
}

async function story(write: () => Promise<Written<{ version: number }>>, later = false): Promise<string[]> {
  const told: string[] = [];
  const writing = async () => {
    told.push("written");
    return write();
  };
  await announcedWrite(feedWriting(told, later), CHANGE, writing).catch((error: unknown) =>
    told.push(String(error)),
  );
  return told;
}

describe("a write", () => {
  test("is announced before it and confirmed after it, whether the feed answers now or later", async () => {
    const write = async () => ({ outcome: "written", row: ROW }) as const;
    expect(await story(write)).toEqual(["announced", "written", "happened 3"]);
    expect(await story(write, true)).toEqual(["announced", "written", "happened 3"]);
  });

  test("that did not happen is dropped", async () => {
    expect(await story(async () => ({ outcome: "missing" }))).toEqual(["announced", "written", "dropped"]);
    expect((await story(async () => ({ outcome: "stale", version: 1 }))).at(-1)).toBe("dropped");
    const refused = async () => {
      throw new TodosError("overloaded", "no");
    };
    expect(await story(refused)).toEqual(["announced", "written", "dropped", "TodosError: no"]);
  });

  test("with an unknown outcome is left to the feed", async () => {
    const undecided = async () => {
      throw new TodosError("store-unavailable", "who knows", { undecided: true });
    };
    expect(await story(undecided)).toEqual(["announced", "written", "undecided", "TodosError: who knows"]);
    const broken = async () => {
      throw new TypeError("a bug");
    };
    expect(await story(broken)).toEqual(["announced", "written", "undecided", "TypeError: a bug"]);
  });

  test("is not made if it can't be announced", async () => {
    const feed = {
      ...feedWriting([]),
      announce: () => Promise.reject(new TodosError("store-unavailable", "down")),
    };
    let written = false;
    const write = async (): Promise<Written<undefined>> => {
      written = true;
      return { outcome: "missing" };
    };
    await expect(announcedWrite(feed, CHANGE, write)).rejects.toThrow("down");
    expect(written).toBe(false);
  });
});

test("a creation is reported once, by the request that created the row", async () => {
  const told: string[] = [];
  const create = (created: Created) => announcedCreation(feedWriting(told), CHANGE, 1, async () => created);
  await create({ outcome: "created" });
  await create({ outcome: "answered", answer: { status: 201, headers: {}, body: "" } });
  expect(told).toEqual(["announced", "happened 1", "announced", "dropped"]);
});
