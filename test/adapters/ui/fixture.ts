import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Resource } from "../../../src/adapters/ui/api/types.ts";
import type {
  Acts,
  Clash,
  ListRow,
  QueueEntry,
  RecentAct,
  SyncState,
  TaskDraft,
  TaskRow,
  Workspace,
} from "../../../src/adapters/ui/workspace/types.ts";

const ALL = { rename: true, delete: true, share: false, write: true };
const ROOT: Resource = { _links: {} };

export interface Fixture {
  readonly work: Workspace;
  readonly tasks: { value: readonly TaskRow[] };
  readonly lists: { value: readonly ListRow[] };
  readonly sync: { value: SyncState };
  readonly queue: { value: readonly QueueEntry[] };
  readonly clashes: { value: readonly Clash[] };
  /** What the page asked for: the act and its arguments. */
  readonly asked: unknown[][];
}

export function list(key: string, name: string, more: Partial<ListRow> = {}): ListRow {
  return { key, id: key, name, isInbox: false, open: 0, may: ALL, pending: false, ...more };
}

export function task(key: string, todo: string, more: Partial<TaskRow> = {}): TaskRow {
  return {
    key,
    id: key,
    list: "inbox",
    todo,
    status: "pending",
    priority: "medium",
    labels: [],
    rank: key,
    pending: false,
    ...more,
  };
}

/** Data in memory behind the interface that the view knows: rows change at once, nothing is sent. */
export function fixture(
  given: readonly TaskRow[] = [],
  more: readonly ListRow[] = [],
  day = "2026-11-29",
): Fixture {
  const tasks = signal(given);
  const lists = signal<readonly ListRow[]>([list("inbox", "Inbox", { isInbox: true }), ...more]);
  const recent = signal<readonly RecentAct[]>([]);
  const sync = signal<SyncState>({ kind: "saved" });
  const queue = signal<readonly QueueEntry[]>([]);
  const clashes = signal<readonly Clash[]>([]);
  const asked: unknown[][] = [];
  const counted = computed(() => lists.value.map((row) => ({ ...row, open: openOf(tasks.value, row.key) })));
  const byKey = new Map<string, ReadonlySignal<unknown>>();
  const once = <T>(key: string, make: () => T): ReadonlySignal<T> => {
    const known = byKey.get(key) ?? computed(make);
    byKey.set(key, known);
    return known as ReadonlySignal<T>;
  };
  const work: Workspace = {
    state: signal("ready" as const),
    me: signal(undefined),
    root: signal(ROOT),
    limits: signal({ tabs: false, copy: false, offline: false }),
    lists: counted,
    day: signal(day),
    tasksOf: (key) => once(`of ${key}`, () => inOrder(tasks.value.filter((row) => row.list === key))),
    list: (key) => once(`list ${key}`, () => counted.value.find((row) => row.key === key)),
    task: (key) => once(`task ${key}`, () => tasks.value.find((row) => row.key === key)),
    due: computed(() =>
      tasks.value
        .filter((row) => row.dueDate !== undefined && row.status !== "completed")
        .toSorted((a, b) => ((a.dueDate ?? "") < (b.dueDate ?? "") ? -1 : 1)),
    ),
    labels: computed(() => labelsOf(tasks.value)),
    labelled: (label) =>
      once(`label ${label}`, () => tasks.value.filter((row) => row.labels.includes(label))),
    find: (text) => tasks.value.filter((row) => row.todo.toLowerCase().includes(text.toLowerCase())),
    acts: acts(),
    recent,
    undo: async (id) => {
      asked.push(["undo", id]);
    },
    sync,
    connection: signal("online" as const),
    queue,
    retry: async (id) => {
      asked.push(["retry", id]);
    },
    drop: async (id) => {
      asked.push(["drop", id]);
    },
    exportQueue: async () => new Blob(),
    clashes,
    settle: async (id, choice) => {
      asked.push(["settle", id, choice]);
    },
    history: async () => [],
    trash: {
      lists: async () => ({ rows: [] }),
      tasksOf: async () => ({ rows: [] }),
      restore: async () => undefined,
      erase: async () => undefined,
    },
    api: undefined as never,
    signedIn: async () => undefined,
    close: async () => undefined,
  };
  return { work, tasks, lists, sync, queue, clashes, asked };

  function acts(): Acts {
    const change = (keys: readonly string[], changed: (row: TaskRow) => TaskRow) => {
      tasks.value = tasks.value.map((row) => (keys.includes(row.key) ? changed(row) : row));
    };
    const did = (kind: RecentAct["kind"], name: string, count = 1) => {
      const id = `${recent.value.length + 1}`;
      recent.value = [{ id, at: new Date(), kind, name, count, undo: "can" }, ...recent.value];
    };
    const nameOf = (keys: readonly string[]) => tasks.value.find((row) => row.key === keys[0])?.todo ?? "";
    const add = (draft: TaskDraft, key = "inbox") => {
      const made = task(`t${tasks.value.length + 1}`, draft.todo, { list: key, ...draft });
      tasks.value = [...tasks.value, made];
      return made.key;
    };
    return {
      addTask: async (draft, key) => {
        asked.push(["addTask", draft, key]);
        const made = add(draft, key);
        did("add-task", draft.todo);
        return made;
      },
      addTasks: async (drafts, key) => drafts.map((draft) => add(draft, key)),
      changeTasks: async (keys, changes) => {
        asked.push(["changeTasks", keys, changes]);
        const members = Object.entries(changes).filter(([, value]) => value !== null);
        change(keys, (row) => ({ ...row, ...Object.fromEntries(members) }));
        did("change-task", nameOf(keys), keys.length);
      },
      labelTasks: async (keys, added, removed) => {
        asked.push(["labelTasks", keys, added, removed]);
        change(keys, (row) => ({
          ...row,
          labels: [...new Set([...row.labels, ...added])].filter((label) => !removed.includes(label)),
        }));
        did("change-task", nameOf(keys), keys.length);
      },
      setStatus: async (keys, status) => {
        asked.push(["setStatus", keys, status]);
        const name = nameOf(keys);
        change(keys, (row) => ({ ...row, status }));
        did(status === "completed" ? "complete-task" : "reopen-task", name, keys.length);
      },
      moveTasks: async (keys, to) => {
        asked.push(["moveTasks", keys, to]);
        did("move-task", nameOf(keys), keys.length);
      },
      deleteTasks: async (keys) => {
        asked.push(["deleteTasks", keys]);
        const name = nameOf(keys);
        tasks.value = tasks.value.filter((row) => !keys.includes(row.key));
        did("delete-task", name, keys.length);
      },
      addList: async (name) => {
        lists.value = [...lists.value, list(name, name)];
        did("add-list", name);
        return name;
      },
      renameList: async (key, name) => {
        lists.value = lists.value.map((row) => (row.key === key ? { ...row, name } : row));
      },
      deleteList: async (key) => {
        lists.value = lists.value.filter((row) => row.key !== key);
      },
    };
  }
}

function openOf(tasks: readonly TaskRow[], key: string): number {
  return tasks.filter((row) => row.list === key && row.status !== "completed").length;
}

function inOrder(tasks: readonly TaskRow[]): readonly TaskRow[] {
  return tasks.toSorted((a, b) => (a.rank < b.rank ? -1 : 1));
}

function labelsOf(tasks: readonly TaskRow[]) {
  const counts = new Map<string, number>();
  for (const label of tasks.flatMap((row) => row.labels)) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].map(([label, count]) => ({ label, count }));
}
