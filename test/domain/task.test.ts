import { describe, expect, test } from "bun:test";
import type { Violation } from "../../src/domain/errors.ts";
import {
  changedTask,
  isCompleted,
  matchesFilter,
  newTask,
  replacement,
  TASK_PRIORITIES,
  TASK_STATUSES,
  type Task,
  type TaskChange,
  type TaskEdit,
  type TaskFilter,
  type TaskStatus,
} from "../../src/domain/task.ts";
import { seededRandom } from "../support/random.ts";

const STORED: Task = {
  checklistId: "list",
  id: "task",
  todo: "Buy milk",
  status: "pending",
  priority: "high",
  description: "Two litres",
  dueDate: "2026-02-28",
  createdAt: 1_000,
  updatedAt: 2_000,
  version: 7,
};

const ONE_OR_AGREE = "send only one of them, or make them agree";
const ONE_OR_ETAG = "send only one of them, or send If-Match with the ETag of the version you edited";

function isTask(made: Task | Violation): made is Task {
  return "version" in made;
}

function task(made: Task | Violation): Task {
  if (isTask(made)) return made;
  throw new Error(made.detail);
}

function created(change: Omit<TaskChange, "todo">): Task | Violation {
  return newTask("list", "task", { todo: "Buy milk", ...change }, 5);
}

function edited(change: TaskChange, pinned = false, stored = STORED): Task | Violation {
  return changedTask(stored, { change, pinned }, 3_000);
}

/** The status that comes of it, or the advice of the refusal. */
function outcome(made: Task | Violation): string {
  if (isTask(made)) return made.status;
  expect(made.pointer).toBe("/completed");
  expect(made.detail).toStartWith("completed and status disagree");
  return made.detail.slice(made.detail.indexOf("; ") + 2);
}

/** Only the members that are there: absent and undefined are the same to the domain, but not to JSON. */
function asked(completed: boolean | undefined, status: TaskStatus | undefined): TaskChange {
  return { ...(completed !== undefined && { completed }), ...(status && { status }) };
}

describe("the status of a new task", () => {
  const cases: readonly (readonly [boolean | undefined, TaskStatus | undefined, string])[] = [
    [undefined, undefined, "pending"],
    [undefined, "pending", "pending"],
    [undefined, "in_progress", "in_progress"],
    [undefined, "completed", "completed"],
    [false, undefined, "pending"],
    [false, "pending", "pending"],
    [false, "in_progress", "in_progress"],
    [false, "completed", ONE_OR_AGREE],
    [true, undefined, "completed"],
    [true, "pending", ONE_OR_AGREE],
    [true, "in_progress", ONE_OR_AGREE],
    [true, "completed", "completed"],
  ];
  test.each(cases)("completed %p, status %p: %s", (completed, status, expected) => {
    expect(outcome(created(asked(completed, status)))).toBe(expected);
  });
});

describe("the status of a changed task", () => {
  /** Stored, `completed`, `status`, the result without a named version, and with one. */
  const cases: readonly (readonly [
    TaskStatus,
    boolean | undefined,
    TaskStatus | undefined,
    string,
    string,
  ])[] = [
    ["pending", undefined, undefined, "pending", "pending"],
    ["pending", undefined, "pending", "pending", "pending"],
    ["pending", undefined, "in_progress", "in_progress", "in_progress"],
    ["pending", undefined, "completed", "completed", "completed"],
    ["pending", false, undefined, "pending", "pending"],
    ["pending", false, "pending", "pending", "pending"],
    ["pending", false, "in_progress", "in_progress", "in_progress"],
    ["pending", false, "completed", ONE_OR_ETAG, "completed"],
    ["pending", true, undefined, "completed", "completed"],
    ["pending", true, "pending", ONE_OR_ETAG, "completed"],
    ["pending", true, "in_progress", ONE_OR_ETAG, ONE_OR_AGREE],
    ["pending", true, "completed", "completed", "completed"],
    ["in_progress", undefined, undefined, "in_progress", "in_progress"],
    ["in_progress", undefined, "pending", "pending", "pending"],
    ["in_progress", undefined, "in_progress", "in_progress", "in_progress"],
    ["in_progress", undefined, "completed", "completed", "completed"],
    ["in_progress", false, undefined, "in_progress", "in_progress"],
    ["in_progress", false, "pending", "pending", "pending"],
    ["in_progress", false, "in_progress", "in_progress", "in_progress"],
    ["in_progress", false, "completed", ONE_OR_ETAG, "completed"],
    ["in_progress", true, undefined, "completed", "completed"],
    ["in_progress", true, "pending", ONE_OR_ETAG, ONE_OR_AGREE],
    ["in_progress", true, "in_progress", ONE_OR_ETAG, "completed"],
    ["in_progress", true, "completed", "completed", "completed"],
    ["completed", undefined, undefined, "completed", "completed"],
    ["completed", undefined, "pending", "pending", "pending"],
    ["completed", undefined, "in_progress", "in_progress", "in_progress"],
    ["completed", undefined, "completed", "completed", "completed"],
    ["completed", false, undefined, "pending", "pending"],
    ["completed", false, "pending", "pending", "pending"],
    ["completed", false, "in_progress", "in_progress", "in_progress"],
    ["completed", false, "completed", ONE_OR_ETAG, "pending"],
    ["completed", true, undefined, "completed", "completed"],
    ["completed", true, "pending", ONE_OR_ETAG, "pending"],
    ["completed", true, "in_progress", ONE_OR_ETAG, "in_progress"],
    ["completed", true, "completed", "completed", "completed"],
  ];
  test.each(cases)("%s, completed %p, status %p: %s; with a version %s", (status, c, s, bare, pinned) => {
    const stored = { ...STORED, status };
    expect(outcome(edited(asked(c, s), false, stored))).toBe(bare);
    expect(outcome(edited(asked(c, s), true, stored))).toBe(pinned);
  });

  test("is tested in every possible combination", () => {
    expect(new Set(cases.map(([...key]) => key.slice(0, 3).join())).size).toBe(3 * 3 * 4);
  });

  test("is the same when an accepted change without a version is repeated: a retry flips nothing", () => {
    for (const [status, completed, wanted] of cases) {
      const change = asked(completed, wanted);
      const once = edited(change, false, { ...STORED, status });
      if (isTask(once)) expect(outcome(edited(change, false, once))).toBe(once.status);
    }
  });
});

describe("a replaced task", () => {
  /** Stored, `completed`, `status`, the result without a named version, and with one. */
  const cases: readonly (readonly [
    TaskStatus,
    boolean | undefined,
    TaskStatus | undefined,
    string,
    string,
  ])[] = [
    ["in_progress", undefined, undefined, "pending", "pending"],
    ["in_progress", false, undefined, "pending", "pending"],
    ["in_progress", true, undefined, "completed", "completed"],
    ["completed", undefined, undefined, "pending", "pending"],
    ["completed", undefined, "in_progress", "in_progress", "in_progress"],
    ["completed", false, "completed", ONE_OR_ETAG, "pending"],
    ["completed", true, "pending", ONE_OR_ETAG, "pending"],
    ["pending", true, "pending", ONE_OR_ETAG, "completed"],
    ["pending", true, "in_progress", ONE_OR_ETAG, ONE_OR_AGREE],
    ["pending", true, "completed", "completed", "completed"],
  ];
  test.each(cases)("%s, completed %p, status %p: %s; with a version %s", (status, c, s, bare, pinned) => {
    const change = replacement({ todo: "x", ...asked(c, s) });
    expect(outcome(edited(change, false, { ...STORED, status }))).toBe(bare);
    expect(outcome(edited(change, true, { ...STORED, status }))).toBe(pinned);
  });

  test("takes the defaults for what is left out", () => {
    expect(edited(replacement({ todo: " Only this " }))).toStrictEqual({
      checklistId: "list",
      id: "task",
      todo: "Only this",
      status: "pending",
      priority: "medium",
      createdAt: 1_000,
      updatedAt: 3_000,
      version: 8,
    });
  });

  test("takes what is given", () => {
    const change = { todo: "x", priority: "low", description: " d ", dueDate: "2028-02-29" } as const;
    expect(edited(replacement(change))).toMatchObject({ ...change, description: "d" });
    expect(edited(replacement({ todo: "x", description: null, dueDate: null }))).not.toContainAnyKeys([
      "description",
      "dueDate",
    ]);
  });

  test("with its previous values is the same, except for time and version", () => {
    const { todo, priority, description = null, dueDate = null } = STORED;
    for (const status of TASK_STATUSES) {
      const stored = { ...STORED, status };
      const sentBack = { todo, completed: isCompleted(stored), status, priority, description, dueDate };
      const put = edited(replacement(sentBack), false, stored);
      expect(put).toStrictEqual({ ...stored, updatedAt: 3_000, version: 8 });
    }
  });
});

describe("a new task", () => {
  test("with only its text has the defaults, version 1, both times the same, and no empty members", () => {
    expect(newTask("list", "task", { todo: "\u3000 Buy  milk\n" }, 5)).toStrictEqual({
      checklistId: "list",
      id: "task",
      todo: "Buy  milk",
      status: "pending",
      priority: "medium",
      createdAt: 5,
      updatedAt: 5,
      version: 1,
    });
  });

  test("keeps its values, its description trimmed", () => {
    const given = { priority: "low", description: " a\nb ", dueDate: "2026-02-28" } as const;
    expect(created(given)).toMatchObject({ ...given, description: "a\nb" });
  });

  test("takes null for no description and no date", () => {
    expect(created({ description: null, dueDate: null })).not.toContainAnyKeys(["description", "dueDate"]);
  });
});

describe("a changed task", () => {
  test("keeps whatever the change does not name, and gets a time and the next version", () => {
    expect(edited({})).toStrictEqual({ ...STORED, updatedAt: 3_000, version: 8 });
  });

  const changes: readonly (readonly [TaskChange, Partial<Task>])[] = [
    [{ todo: " Other " }, { todo: "Other" }],
    [{ priority: "low" }, { priority: "low" }],
    [{ description: " Other " }, { description: "Other" }],
    [{ dueDate: "2027-01-01" }, { dueDate: "2027-01-01" }],
    [{ status: "in_progress" }, { status: "in_progress" }],
    [{ completed: true }, { status: "completed", completedAt: 3_000 }],
  ];
  test.each(changes)("by %j differs only in that", (change, expected) => {
    expect(edited(change)).toStrictEqual({ ...STORED, ...expected, updatedAt: 3_000, version: 8 });
  });

  test("loses its description or its date by null, and nothing else", () => {
    const { description: _, ...undescribed } = STORED;
    const { dueDate: __, ...undated } = STORED;
    expect(edited({ description: null })).toStrictEqual({ ...undescribed, updatedAt: 3_000, version: 8 });
    expect(edited({ dueDate: null })).toStrictEqual({ ...undated, updatedAt: 3_000, version: 8 });
  });

  test("keeps its labels unless they are changed, trims them, and has none for null or an empty list", () => {
    const labelled = { ...STORED, labels: ["home"] };
    const labels = (change: TaskChange) =>
      task(changedTask(labelled, { change, pinned: false }, 3_000)).labels;
    expect(labels({ todo: "x" })).toEqual(["home"]);
    expect(labels({ labels: [" b ", "a"] })).toEqual(["b", "a"]);
    for (const none of [null, []])
      expect(task(changedTask(labelled, { change: { labels: none }, pinned: false }, 3_000))).toStrictEqual({
        ...STORED,
        updatedAt: 3_000,
        version: 8,
      });
    expect(labels(replacement({ todo: "x" }))).toBeUndefined();
    expect(task(newTask("list", "id", { todo: "x", labels: [" c"] }, 0)).labels).toEqual(["c"]);
  });

  test("keeps its last time if the clock was set back, and moves it if not", () => {
    const times = [1_999, 2_000, 2_001].map(
      (now) => task(changedTask(STORED, { change: {}, pinned: false }, now)).updatedAt,
    );
    expect(times).toEqual([2_000, 2_000, 2_001]);
  });

  test("keeps its rules whatever is done to it in whatever order", () => {
    const random = seededRandom(4);
    let current = STORED;
    for (let write = 0; write < 5_000; write++) {
      const now = 1_000 + random.below(10_000);
      const after = changedTask(current, randomEdit(random), now);
      if (!isTask(after)) continue;
      expect(after).toMatchObject({
        checklistId: "list",
        id: "task",
        createdAt: 1_000,
        version: current.version + 1,
      });
      expect(after.updatedAt).toBe(Math.max(now, current.updatedAt));
      expect(after.todo).toBe(after.todo.trim());
      expect(Object.values(after)).not.toContain(undefined);
      current = after;
    }
    expect(current.version).toBeGreaterThan(1_000);
  });
});

describe("a filter", () => {
  test("accepts everything that it does not name", () => {
    for (const status of TASK_STATUSES) expect(matchesFilter({ ...STORED, status }, {})).toBe(true);
  });

  test("requires all its parts at once, in every combination", () => {
    for (const filter of everyFilter()) {
      for (const status of TASK_STATUSES) {
        for (const priority of TASK_PRIORITIES) {
          const wanted =
            [undefined, status].includes(filter.status) &&
            [undefined, status === "completed"].includes(filter.completed) &&
            [undefined, priority].includes(filter.priority);
          expect(matchesFilter({ ...STORED, status, priority }, filter)).toBe(wanted);
        }
      }
    }
  });

  test("on due dates is exclusive, and finds no task without one", () => {
    const { dueDate: _, ...undated } = STORED;
    for (const [filter, found] of [
      [{ dueBefore: "2026-03-01" }, true],
      [{ dueBefore: "2026-02-28" }, false],
      [{ dueAfter: "2026-02-27" }, true],
      [{ dueAfter: "2026-02-28" }, false],
      [{ dueAfter: "2026-02-27", dueBefore: "2026-03-01" }, true],
    ] as const) {
      expect([filter, matchesFilter(STORED, filter)]).toEqual([filter, found]);
      expect(matchesFilter(undated, filter)).toBe(false);
    }
  });

  test("on labels and words compares with all of a task's texts", () => {
    const labelled = { ...STORED, labels: ["Éclair", "home"] };
    expect(matchesFilter(labelled, { labels: ["home"], words: ["milk", "litres", "ecl"] })).toBe(true);
    expect(matchesFilter(labelled, { labels: ["home", "errand"] })).toBe(false);
    expect(matchesFilter(labelled, { words: ["milk", "butter"] })).toBe(false);
    expect(matchesFilter(STORED, { labels: ["home"] })).toBe(false);
  });

  test("on completed finds completed tasks; its opposite finds pending ones and those in progress", () => {
    const found = (completed: boolean) =>
      TASK_STATUSES.filter((status) => matchesFilter({ ...STORED, status }, { completed }));
    expect(found(true)).toEqual(["completed"]);
    expect(found(false)).toEqual(["pending", "in_progress"]);
  });
});

function randomEdit(random: ReturnType<typeof seededRandom>): TaskEdit {
  const maybe = <T>(member: object & T): T | Record<never, never> => (random.below(2) ? member : {});
  return {
    change: {
      ...maybe({ todo: random.pick([" a ", "b"]) }),
      ...maybe({ completed: random.pick([true, false]) }),
      ...maybe({ status: random.pick(TASK_STATUSES) }),
      ...maybe({ priority: random.pick(TASK_PRIORITIES) }),
      ...maybe({ description: random.pick([null, " d "]) }),
      ...maybe({ dueDate: random.pick([null, "2026-01-01"]) }),
      ...maybe({ labels: random.pick([null, [], ["a", " b"]]) }),
    },
    pinned: random.below(2) === 1,
  };
}

function everyFilter(): TaskFilter[] {
  return [undefined, ...TASK_STATUSES].flatMap((status) =>
    [undefined, true, false].flatMap((completed) =>
      [undefined, ...TASK_PRIORITIES].map((priority) => ({
        ...(status && { status }),
        ...(completed !== undefined && { completed }),
        ...(priority && { priority }),
      })),
    ),
  );
}
