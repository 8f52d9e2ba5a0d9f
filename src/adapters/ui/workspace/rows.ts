import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { compareRanked } from "../../../domain/rank.ts";
import type { Copy } from "../copy/copy.ts";
import type { ListRecord, TaskRecord } from "../copy/records.ts";
import { same } from "../merge/merge.ts";
import { isGone, shownTask } from "../queue/shown.ts";
import { listName } from "./planning.ts";
import type { ListRights, ListRow, TaskRow } from "./types.ts";

/** More changes of one list than this at once, and it is sorted as a whole. */
const SINGLY_MAX = 10;
const NONE: readonly TaskRow[] = [];

interface ShownList {
  /** By rank, then id. */
  readonly rows: Signal<readonly TaskRow[]>;
  readonly keys: Set<string>;
}

/** The copy as it is shown: rows with what is not sent yet on top, kept up to date. */
export class Rows {
  readonly lists = signal<readonly ListRow[]>([]);
  /** Raised with every change of a task. */
  private readonly changes = signal(0);
  /** Also of lists that are not shown, because they are deleted. */
  private readonly tasks = new Map<string, TaskRow>();
  private readonly shownLists = new Map<string, ShownList>();
  private readonly single = new Map<string, Signal<TaskRow | undefined>>();

  constructor(private readonly copy: Copy) {
    this.update(new Set([...copy.model.tasks.keys(), ...copy.model.lists.keys()]));
    copy.listen((keys) => this.update(keys));
  }

  tasksOf(list: string): ReadonlySignal<readonly TaskRow[]> {
    return this.shownList(list).rows;
  }

  task(key: string): ReadonlySignal<TaskRow | undefined> {
    let found = this.single.get(key);
    if (!found) {
      found = signal(this.tasks.get(key));
      this.single.set(key, found);
    }
    return found;
  }

  /** All of lists that are shown. Whoever computes with it is told of every change. */
  all(): readonly TaskRow[] {
    void this.changes.value;
    const lists = new Set(this.lists.value.map(({ key }) => key));
    return [...this.tasks.values()].filter(({ list }) => lists.has(list));
  }

  private update(keys: ReadonlySet<string>): void {
    const { model } = this.copy;
    const touched = new Map<string, TaskRow[]>();
    let hasChanged = false;
    for (const key of keys) {
      const record = model.tasks.get(key);
      const old = this.tasks.get(key);
      const row = record && this.shown(record, old);
      if (row === old) continue;
      hasChanged = true;
      this.replace(key, old, row, touched);
    }
    for (const [list, rows] of touched) this.arrange(list, rows);
    const isOfLists = hasChanged || [...keys].some((key) => model.lists.has(key) || !model.tasks.has(key));
    if (isOfLists) this.updateLists();
    if (hasChanged) this.changes.value++;
  }

  /** The same object as before, unless something has changed. */
  private shown(record: TaskRecord, old: TaskRow | undefined): TaskRow | undefined {
    const { model } = this.copy;
    const row = shownTask(record, model.entriesOf(record.key), (self) => model.keyAt(self));
    return row && old && same(row, old) ? old : row;
  }

  private replace(
    key: string,
    old: TaskRow | undefined,
    row: TaskRow | undefined,
    touched: Map<string, TaskRow[]>,
  ): void {
    if (row) this.tasks.set(key, row);
    else this.tasks.delete(key);
    const single = this.single.get(key);
    if (single) single.value = row;
    if (old && old.list !== row?.list) {
      this.shownList(old.list).keys.delete(key);
      touched.set(old.list, touched.get(old.list) ?? []);
    }
    if (!row) return;
    this.shownList(row.list).keys.add(key);
    const rows = touched.get(row.list) ?? [];
    rows.push(row);
    touched.set(row.list, rows);
  }

  private arrange(list: string, changed: readonly TaskRow[]): void {
    const { rows, keys } = this.shownList(list);
    if (changed.length > SINGLY_MAX) {
      rows.value = [...keys].flatMap((key) => this.tasks.get(key) ?? []).sort(compareRows);
      return;
    }
    const moved = new Set(changed.map(({ key }) => key));
    const next = rows.peek().filter(({ key }) => keys.has(key) && !moved.has(key));
    for (const row of changed) next.splice(placeOf(next, row), 0, row);
    rows.value = next;
  }

  private shownList(list: string): ShownList {
    let found = this.shownLists.get(list);
    if (!found) {
      found = { rows: signal(NONE), keys: new Set() };
      this.shownLists.set(list, found);
    }
    return found;
  }

  private updateLists(): void {
    const { model } = this.copy;
    const rows = [...model.lists.values()].flatMap((record) => this.shownListRow(record) ?? []);
    rows.sort(
      (a, b) =>
        Number(b.isInbox) - Number(a.isInbox) || a.name.localeCompare(b.name) || (a.key < b.key ? -1 : 1),
    );
    const old = new Map(this.lists.peek().map((row) => [row.key, row]));
    const next = rows.map((row) => {
      const before = old.get(row.key);
      return before && isSameList(before, row) ? before : row;
    });
    const isChanged = next.length !== old.size || next.some((row, at) => row !== this.lists.peek()[at]);
    if (isChanged) this.lists.value = next;
  }

  private shownListRow(record: ListRecord): ListRow | undefined {
    const { model } = this.copy;
    const entries = model.entriesOf(record.key);
    if (isGone(record, entries)) return undefined;
    const open = this.tasksOf(record.key)
      .peek()
      .filter(({ status }) => status !== "completed").length;
    const clash = entries.find(({ state }) => state === "clash")?.id;
    return Object.freeze({
      key: record.key,
      name: listName(record, model),
      isInbox: record.isInbox,
      open,
      may: rightsOn(record),
      pending: entries.length > 0,
      ...(record.id === undefined ? {} : { id: record.id }),
      ...(clash === undefined ? {} : { clash }),
      ...(record.resource === undefined ? {} : { resource: record.resource }),
    });
  }
}

/** Resources are large, and the same object while they are the same. */
function isSameList({ resource: a, ...before }: ListRow, { resource: b, ...row }: ListRow): boolean {
  return a === b && same(before, row);
}

/** What is made here is one's own; of another one, what the service has said. */
function rightsOn({ self, forms, addTask, resource, isInbox }: ListRecord): ListRights {
  if (self === undefined) return { rename: true, delete: true, share: false, write: true };
  const links = resource?._links ?? {};
  return {
    rename: forms?.patch !== undefined,
    delete: forms?.delete !== undefined && !isInbox,
    share: ["members", "invitations", "links"].some((relation) => links[relation] !== undefined),
    // The form for tasks comes with a later answer; until then: whoever may delete the list may do the rest, too.
    write: addTask === undefined ? forms?.delete !== undefined : addTask !== null,
  };
}

function compareRows(a: TaskRow, b: TaskRow): number {
  return compareRanked({ id: a.id ?? a.key, rank: a.rank }, { id: b.id ?? b.key, rank: b.rank });
}

function placeOf(rows: readonly TaskRow[], row: TaskRow): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = rows[middle];
    if (other && compareRows(other, row) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
