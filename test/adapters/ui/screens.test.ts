import { beforeAll, describe, expect, test } from "bun:test";
import { signal } from "@preact/signals";
import { loadTexts } from "../../../src/adapters/ui/text/text.ts";
import type { Route } from "../../../src/adapters/ui/view/routes.ts";
import { type Screen, screenOf } from "../../../src/adapters/ui/view/screens.ts";
import { type Fixture, fixture, list, task } from "./fixture.ts";

beforeAll(() => loadTexts("first"));

/** What is on the screen, line by line. */
function lines(screen: Screen): readonly string[] {
  return screen.items.map((item) => {
    if (item.kind === "task") return item.task.todo;
    return item.kind === "head"
      ? `${item.title} (${item.count})`
      : `${item.open ? "hide" : "show"} ${item.count}`;
  });
}

function shown(of: Fixture, route: Route, showDone = false): Screen {
  return screenOf(of.work, route, showDone);
}

describe("screens of tasks", () => {
  test("a list has its open tasks by rank; the completed ones stand behind a fold, the latest first", () => {
    const of = fixture(
      [
        task("a", "second", { rank: "b" }),
        task("b", "first", { rank: "a" }),
        task("c", "done early", { status: "completed", completedAt: "2026-11-01T00:00:00.000Z" }),
        task("d", "done late", { status: "completed", completedAt: "2026-11-02T00:00:00.000Z" }),
        task("e", "elsewhere", { list: "work" }),
      ],
      [list("work", "Work")],
    );
    expect(lines(shown(of, { screen: "inbox" }))).toEqual(["first", "second", "show 2"]);
    expect(lines(shown(of, { screen: "inbox" }, true))).toEqual([
      "first",
      "second",
      "hide 2",
      "done late",
      "done early",
    ]);
    expect(lines(shown(of, { screen: "list", of: "work" }))).toEqual(["elsewhere"]);
  });

  test("while no list is known yet, the page says where it is, and not that something is missing", () => {
    const work = { ...fixture().work, lists: signal([]), list: () => signal(undefined) };
    expect(screenOf(work, { screen: "inbox" }, false).title).toBe("Inbox");
    expect(screenOf(work, { screen: "list", of: "work" }, false).title).toBe("todos");
    expect(shown(fixture([]), { screen: "list", of: "gone" }).title).toBe("Not found");
  });

  test("Today has what is due, under headings only where something is late", () => {
    const now = task("a", "now", { dueDate: "2026-11-29" });
    const late = task("b", "late", { dueDate: "2026-11-01" });
    const later = task("c", "later", { dueDate: "2026-11-30" });
    expect(lines(shown(fixture([now, later]), { screen: "today" }))).toEqual(["now"]);
    const both = shown(fixture([now, late, later]), { screen: "today" });
    expect(lines(both)).toEqual(["Overdue (1)", "late", "Today (1)", "now"]);
    expect(both.open).toBe(2);
    expect(lines(shown(fixture([now, late]), { screen: "overdue" }))).toEqual(["late"]);
  });

  test("Upcoming has a heading for each day, and one for what is far away", () => {
    const dates = ["2026-11-29", "2026-11-30", "2026-12-24", "2027-11-29", "2028-01-01", "2026-11-28"];
    const of = fixture(dates.map((dueDate, at) => task(`${at}`, dueDate, { dueDate })));
    expect(lines(shown(of, { screen: "upcoming" }))).toEqual([
      "Today, Sunday, November 29 (1)",
      "2026-11-29",
      "Tomorrow, Monday, November 30 (1)",
      "2026-11-30",
      "Thursday, December 24 (1)",
      "2026-12-24",
      "Later (2)",
      "2027-11-29",
      "2028-01-01",
    ]);
  });

  test("a new task gets what the screen is about: the day, the label, the list", () => {
    const of = fixture([], [list("work", "Work")]);
    expect(shown(of, { screen: "today" }).add?.draft).toEqual({ dueDate: "2026-11-29" });
    expect(shown(of, { screen: "label", of: "home" }).add?.draft).toEqual({ labels: ["home"] });
    expect(shown(of, { screen: "list", of: "work" }).add).toMatchObject({ list: "work", draft: {} });
  });

  test("a list that may only be read has no field for new tasks", () => {
    const may = { rename: false, delete: false, share: false, write: false };
    const of = fixture([], [list("read", "Read", { may })]);
    expect(shown(of, { screen: "list", of: "read" }).add).toBeUndefined();
  });

  test("the trash and the settings have no tasks that a key could reach", () => {
    const of = fixture([task("a", "a")]);
    for (const screen of ["trash", "settings"] as const)
      expect(shown(of, { screen })).toMatchObject({ items: [], open: 0 });
    expect(shown(of, { screen: "trash" }).list).toBeUndefined();
  });

  test("guests, who have no inbox, get no field for new tasks on screens that are no list", () => {
    const of = fixture([], [list("shared", "Shared")]);
    of.lists.value = of.lists.value.filter((row) => !row.isInbox);
    for (const screen of ["today", "upcoming", "label"] as const)
      expect([screen, shown(of, { screen, of: "x" }).add]).toEqual([screen, undefined]);
  });

  test("what is empty says why: nothing yet, all done, not there, nothing asked, nothing found", () => {
    const done = task("a", "a", { status: "completed" });
    expect(shown(fixture(), { screen: "inbox" }).empty).toBe("inbox");
    expect(shown(fixture([done]), { screen: "inbox" }).empty).toBe("done");
    expect(shown(fixture(), { screen: "list", of: "gone" }).empty).toBe("missing");
    expect(shown(fixture(), { screen: "search", of: " " }).empty).toBe("begin");
    expect(shown(fixture(), { screen: "search", of: "x" }).empty).toBe("search");
  });

  test("a row that did not change keeps its item, so that it is not drawn again", () => {
    const of = fixture([task("a", "a"), task("b", "b")]);
    const before = shown(of, { screen: "inbox" }).items;
    of.tasks.value = of.tasks.value.map((row) => (row.key === "b" ? { ...row, todo: "c" } : row));
    const after = shown(of, { screen: "inbox" }).items;
    expect(after[0]).toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
  });
});
