import { expect, test } from "bun:test";
import { Derived, foundRows, labelledRows } from "../../../src/adapters/ui/workspace/derived.ts";
import {
  type Change,
  compareDue,
  compareRows,
  rearranged,
} from "../../../src/adapters/ui/workspace/order.ts";
import type { TaskRow } from "../../../src/adapters/ui/workspace/types.ts";
import { seededRandom } from "../../support/random.ts";
import { task } from "./fixture.ts";

const STEPS = 500;
const LABELS = ["home", "Home", "HOME", "work", "straße", "STRASSE"];
const DAYS = [undefined, "2026-11-28", "2026-11-29", "2026-12-24"];

/** Rows that change at random, a few or many at once. */
function* commits(rows: Map<string, TaskRow>): Iterable<readonly Change[]> {
  const { next, below } = seededRandom(7);
  for (let step = 0; step < STEPS; step++) {
    const keys = new Set(Array.from({ length: next() < 0.1 ? 30 : 1 + below(3) }, () => `t${below(60)}`));
    yield [...keys].map((key) => {
      const old = rows.get(key);
      const dueDate = DAYS[below(DAYS.length)];
      const row =
        next() < 0.2
          ? undefined
          : task(key, `task ${step}`, {
              rank: `r${below(20)}`,
              status: next() < 0.3 ? "completed" : "pending",
              labels: LABELS.filter(() => next() < 0.2),
              ...(dueDate === undefined ? {} : { dueDate }),
            });
      if (row) rows.set(key, row);
      else rows.delete(key);
      return { old, row };
    });
  }
}

test("rows, due ones and counts of labels kept by their changes are what all rows together give", () => {
  const rows = new Map<string, TaskRow>();
  const derived = new Derived();
  let sorted: readonly TaskRow[] = [];
  for (const changes of commits(rows)) {
    derived.change(changes);
    sorted = rearranged(sorted, changes, compareRows);
    const all = [...rows.values()];
    const rebuilt = new Derived();
    rebuilt.rebuild(all);
    expect(sorted).toEqual(all.toSorted(compareRows));
    expect(derived.due.peek()).toEqual(rebuilt.due.peek());
    expect(derived.due.peek()).toEqual(derived.due.peek().toSorted(compareDue));
    expect(derived.labels.peek()).toEqual(rebuilt.labels.peek());
  }
});

test("a change that is about neither a day nor a label leaves both lists alone", () => {
  const derived = new Derived();
  const [one, two] = [
    task("1", "one", { dueDate: "2026-12-24", labels: ["home"] }),
    task("2", "two", { labels: ["home"] }),
  ];
  derived.rebuild([one, two]);
  const [due, labels] = [derived.due.peek(), derived.labels.peek()];
  derived.change([{ old: two, row: { ...two, todo: "two again" } }]);
  expect(derived.due.peek()).toBe(due);
  expect(derived.labels.peek()).toBe(labels);
  derived.change([{ old: two, row: { ...two, status: "completed" } }]);
  expect(derived.due.peek()).toBe(due);
  expect(derived.labels.peek()).toEqual([{ label: "home", count: 1 }]);
});

test("words are searched in the row as it is, not as it was when it was first searched", () => {
  const before = task("1", "Buy milk", { labels: ["Straße"] });
  expect(foundRows([before], "milk")).toEqual([before]);
  const after = { ...before, todo: "Buy bread" };
  expect(foundRows([after], "milk")).toEqual([]);
  expect(foundRows([after], "bread strasse")).toEqual([after]);
  expect(labelledRows([after], "STRASSE")).toEqual([after]);
});
