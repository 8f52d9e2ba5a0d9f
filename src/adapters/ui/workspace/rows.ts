import { batch, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Copy } from "../copy/copy.ts";
import type { ListRecord, TaskRecord } from "../copy/records.ts";
import { same } from "../merge/merge.ts";
import { isGone, shownTask } from "../queue/shown.ts";
import { byName, Derived } from "./derived.ts";
import { type Change, compareRows, rearranged } from "./order.ts";
import { listName } from "./planning.ts";
import type { ListRights, ListRow, TaskRow } from "./types.ts";

const NONE: readonly TaskRow[] = [];

interface ShownList {
  /** By rank, then id. */
  readonly rows: Signal<readonly TaskRow[]>;
  open: number;
}

/**
 * The copy as it is shown: rows with what is not sent yet on top, kept up to date. A change of one row costs as much as
 * that row, however many others there are; but for copying the list that it is in.
 */
export class Rows {
  readonly lists = signal<readonly ListRow[]>([]);
  readonly derived = new Derived();
  /** Raised with every change of a task. */
  private readonly changes = signal(0);
  /** Also of lists that are not shown, because they are deleted. */
  private readonly tasks = new Map<string, TaskRow>();
  private readonly shownLists = new Map<string, ShownList>();
  /** Of {@link lists}. */
  private shownKeys: ReadonlySet<string> = new Set();
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

  /** All of lists that are shown. A computation that reads it is told of every change. */
  all(): readonly TaskRow[] {
    void this.changes.value;
    void this.lists.value;
    return [...this.tasks.values()].filter(({ list }) => this.shownKeys.has(list));
  }

  private update(keys: ReadonlySet<string>): void {
    batch(() => {
      const changes = this.changedTasks(keys);
      const touched = byList(changes);
      for (const [list, ofList] of touched) this.arrange(list, ofList);
      if (this.updateLists(new Set([...keys, ...touched.keys()]))) this.derived.rebuild(this.all());
      else
        this.derived.change(
          changes.map(({ old, row }) => ({ old: this.ifShown(old), row: this.ifShown(row) })),
        );
      if (changes.length > 0) this.changes.value++;
    });
  }

  private changedTasks(keys: ReadonlySet<string>): readonly Change[] {
    const changes: Change[] = [];
    for (const key of keys) {
      const record = this.copy.model.tasks.get(key);
      const old = this.tasks.get(key);
      const row = record && this.shown(record, old);
      if (row === old) continue;
      changes.push({ old, row });
      if (row) this.tasks.set(key, row);
      else this.tasks.delete(key);
      const single = this.single.get(key);
      if (single) single.value = row;
    }
    return changes;
  }

  /** The same object as before, unless something has changed. */
  private shown(record: TaskRecord, old: TaskRow | undefined): TaskRow | undefined {
    const { model } = this.copy;
    const row = shownTask(record, model.entriesOf(record.key), (self) => model.keyAt(self));
    return row && old && same(row, old) ? old : row;
  }

  private arrange(list: string, changes: readonly Change[]): void {
    const shown = this.shownList(list);
    shown.rows.value = rearranged(shown.rows.peek(), changes, compareRows);
    for (const { old, row } of changes) shown.open += openIn(row) - openIn(old);
  }

  private ifShown(row: TaskRow | undefined): TaskRow | undefined {
    return row && this.shownKeys.has(row.list) ? row : undefined;
  }

  private shownList(list: string): ShownList {
    let found = this.shownLists.get(list);
    if (!found) {
      found = { rows: signal(NONE), open: 0 };
      this.shownLists.set(list, found);
    }
    return found;
  }

  /**
   * @param keys of rows that may have changed; those of tasks are passed over
   * @returns whether a list has come or gone
   */
  private updateLists(keys: ReadonlySet<string>): boolean {
    const { model } = this.copy;
    const next = new Map(this.lists.peek().map((row) => [row.key, row]));
    let [hasChanged, isInOrder, hasOthers] = [false, true, false];
    for (const key of keys) {
      const before = next.get(key);
      const record = model.lists.get(key);
      const row = record && this.shownListRow(record);
      if (row === before || (row && before && isSameList(before, row))) continue;
      hasChanged = true;
      hasOthers ||= !row || !before;
      isInOrder &&= row?.name === before?.name && row?.isInbox === before?.isInbox;
      if (row) next.set(key, row);
      else next.delete(key);
    }
    if (!hasChanged) return false;
    const rows = [...next.values()];
    this.lists.value = isInOrder ? rows : rows.sort(compareLists);
    this.shownKeys = new Set(next.keys());
    return hasOthers;
  }

  private shownListRow(record: ListRecord): ListRow | undefined {
    const { model } = this.copy;
    const entries = model.entriesOf(record.key);
    if (isGone(record, entries)) return undefined;
    const clash = entries.find(({ state }) => state === "clash")?.id;
    return Object.freeze({
      key: record.key,
      name: listName(record, model),
      isInbox: record.isInbox,
      open: this.shownList(record.key).open,
      may: rightsOn(record),
      pending: entries.length > 0,
      ...(record.id === undefined ? {} : { id: record.id }),
      ...(clash === undefined ? {} : { clash }),
      ...(record.resource === undefined ? {} : { resource: record.resource }),
    });
  }
}

/** A task that changes its list is a change of both. */
function byList(changes: readonly Change[]): ReadonlyMap<string, readonly Change[]> {
  const lists = new Map<string, Change[]>();
  const add = (list: string, change: Change) => {
    const known = lists.get(list);
    if (known) known.push(change);
    else lists.set(list, [change]);
  };
  for (const change of changes) {
    const { old, row } = change;
    if (old && row && old.list === row.list) add(row.list, change);
    else {
      if (old) add(old.list, { old, row: undefined });
      if (row) add(row.list, { old: undefined, row });
    }
  }
  return lists;
}

function openIn(row: TaskRow | undefined): number {
  return row && row.status !== "completed" ? 1 : 0;
}

/** The inbox first, the others by name. */
function compareLists(a: ListRow, b: ListRow): number {
  return Number(b.isInbox) - Number(a.isInbox) || byName.compare(a.name, b.name) || (a.key < b.key ? -1 : 1);
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
    // The form for tasks comes with a later answer; until then: a caller who may delete the list may do the rest, too.
    write: addTask === undefined ? forms?.delete !== undefined : addTask !== null,
  };
}
