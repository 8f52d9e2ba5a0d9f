import type { ReadonlySignal } from "@preact/signals";
import type { Api, Link, Problem, Resource } from "../api/types.ts";

export type Status = "pending" | "in_progress" | "completed";
export type Priority = "low" | "medium" | "high";

/**
 * All that the view knows of data. Signals change by themselves: by acts here, in other tabs, and elsewhere. Rows are
 * frozen, and stay the same object until they change, so that a view may compare them by identity.
 */
export interface Workspace {
  /**
   * `opening`: neither copy nor answer yet. `signed-out`: sign in, then call `signedIn`; a copy may be there to read.
   * `elsewhere`: the service says that its address is another one, `root.value._links.self`: link there.
   * `unreachable`: no copy, and no answer; it goes on trying.
   */
  readonly state: ReadonlySignal<"opening" | "ready" | "signed-out" | "elsewhere" | "unreachable">;
  /** Absent without accounts, and for guests. */
  readonly me: ReadonlySignal<Person | undefined>;
  /** Links and templates of `/`, as last seen: of the copy first, then of the service. */
  readonly root: ReadonlySignal<Resource | undefined>;
  /** What this browser can't do here, to be said once. */
  readonly limits: ReadonlySignal<Limits>;
  /** The inbox first, the others by name. */
  readonly lists: ReadonlySignal<readonly ListRow[]>;
  /** The person's own day, YYYY-MM-DD in the browser's time zone; it changes at midnight and on waking. */
  readonly day: ReadonlySignal<string>;
  /** By rank, then id; open and completed. @param list its key or id; unknown: no rows */
  tasksOf(list: string): ReadonlySignal<readonly TaskRow[]>;
  /** @param list its key or id */
  list(list: string): ReadonlySignal<ListRow | undefined>;
  /** @param task its key or id */
  task(task: string): ReadonlySignal<TaskRow | undefined>;
  /** Open tasks with a due date, of all lists: by date, list, rank. */
  readonly due: ReadonlySignal<readonly TaskRow[]>;
  /** By name. Of open tasks. */
  readonly labels: ReadonlySignal<readonly LabelCount[]>;
  /** Tasks with a label (compared by case fold), open and completed. */
  labelled(label: string): ReadonlySignal<readonly TaskRow[]>;
  /** As the service's `q`: each word begins a word of the text, description or a label. At most {@link FOUND_MAX}. */
  find(text: string): readonly TaskRow[];
  readonly acts: Acts;
  /** The newest first; acts of this browser that can be undone, or have been. */
  readonly recent: ReadonlySignal<readonly RecentAct[]>;
  /** By acts of the opposite. @param id default: the newest that can be. @throws ActError */
  undo(id?: string): Promise<void>;
  readonly sync: ReadonlySignal<SyncState>;
  /** How it goes with the service, also when there is nothing to be sent. */
  readonly connection: ReadonlySignal<"connecting" | "online" | "offline" | "server" | "signed-out">;
  /** What is not sent yet, in the order of sending. */
  readonly queue: ReadonlySignal<readonly QueueEntry[]>;
  /** Sends again what is stuck; without an id, all, and at once. */
  retry(id?: string): Promise<void>;
  /** Gives up a change that is not sent, and those that need it: only a person does that. */
  drop(id: string): Promise<void>;
  /** As JSON, for a person to keep. */
  exportQueue(): Promise<Blob>;
  readonly clashes: ReadonlySignal<readonly Clash[]>;
  /**
   * Members that the choice does not name are "theirs". Of a row deleted elsewhere, "keep" makes a new one of it; of one
   * deleted here, "keep" leaves it as it is there. "drop" lets it go.
   */
  settle(id: string, choice: Readonly<Record<string, "mine" | "theirs">> | "keep" | "drop"): Promise<void>;
  /** What this browser sent in the last 7 days, the newest first. */
  history(): Promise<readonly SentChange[]>;
  readonly trash: Trash;
  readonly api: Api;
  /** To be called after signing in (or as a guest), and when the account of this browser has changed. */
  signedIn(): Promise<void>;
  /** Stops. @param keepCopy false: wipes the copy and the queue of this person from the browser */
  close(keepCopy: boolean): Promise<void>;
}

/** At most so many rows are found: nobody reads more. */
export const FOUND_MAX = 500;

export interface Person {
  readonly id: string;
  readonly login: string;
  readonly name?: string;
  readonly isAdmin: boolean;
  readonly resource: Resource;
}

export interface Limits {
  /** No Web Locks: each tab works on its own. */
  readonly tabs: boolean;
  /** No IndexedDB (or it is blocked): nothing outlives the page, what is not sent is lost when it closes. */
  readonly copy: boolean;
  /** No service worker: the page itself can't be opened offline. */
  readonly offline: boolean;
}

export interface ListRow {
  /** Of this browser, for the row's life. */
  readonly key: string;
  /** Absent until the service has made it. */
  readonly id?: string;
  readonly name: string;
  readonly isInbox: boolean;
  /** Open tasks. */
  readonly open: number;
  readonly may: ListRights;
  /** A change of it is not sent yet. */
  readonly pending: boolean;
  readonly clash?: string;
  /** Links and templates as last seen: for sharing, members, share links. Online only. */
  readonly resource?: Resource;
}

export interface ListRights {
  readonly rename: boolean;
  readonly delete: boolean;
  /** It has members, invitations or links. */
  readonly share: boolean;
  /** To add, change, move and delete its tasks. */
  readonly write: boolean;
}

export interface TaskRow extends TaskMembers {
  /** Of this browser, for the row's life: also after the service has made it, and after a move. */
  readonly key: string;
  /** Key of its list. */
  readonly list: string;
  /** Absent until the service has made it. */
  readonly id?: string;
  readonly rank: string;
  readonly completedAt?: string;
  readonly createdAt?: string;
  readonly updatedAt?: string;
  /** Keys of rows, where they are in the copy. */
  readonly previous?: string;
  readonly next?: string;
  /** A change of it is not sent yet. */
  readonly pending: boolean;
  /** Id of its clash. */
  readonly clash?: string;
}

export interface TaskMembers {
  readonly todo: string;
  readonly status: Status;
  readonly priority: Priority;
  readonly description?: string;
  readonly dueDate?: string;
  readonly labels: readonly string[];
  readonly repeat?: string;
  readonly repeatFrom?: "due" | "completion";
}

/** Of a new task; what is absent has the service's default. */
export type TaskDraft = Partial<TaskMembers> & Pick<TaskMembers, "todo">;

/** null takes an optional member away. */
export type TaskChanges = { readonly [M in keyof TaskMembers]?: TaskMembers[M] | null };

export interface LabelCount {
  readonly label: string;
  readonly count: number;
}

/** Between which rows: keys, null for an end. */
export interface Place {
  readonly after: string | null;
  readonly before: string | null;
}

/**
 * Each resolves when the change is durable in this browser (and shown), long before it is sent; rejects with
 * {@link ActError}, and then nothing has changed. One call is one step for `undo`, however many rows it has.
 */
export interface Acts {
  /** @param list key or id; default: the inbox. @returns the new row's key */
  addTask(draft: TaskDraft, list?: string, place?: Place): Promise<string>;
  /** Many at once, in this order, at the list's end: an import. @returns keys */
  addTasks(drafts: readonly TaskDraft[], list?: string): Promise<readonly string[]>;
  /** @param seen members as they were when the person began to edit them, if that takes a while; default: as they are */
  changeTasks(keys: readonly string[], changes: TaskChanges, seen?: TaskChanges): Promise<void>;
  /** As changeTasks, for each its own labels: adds and takes away. */
  labelTasks(keys: readonly string[], add: readonly string[], remove: readonly string[]): Promise<void>;
  setStatus(keys: readonly string[], status: Status): Promise<void>;
  /** To a place of their list, or of another one; without a place, to the end of that one. Their order is kept. */
  moveTasks(keys: readonly string[], to: { readonly list?: string; readonly place?: Place }): Promise<void>;
  deleteTasks(keys: readonly string[]): Promise<void>;
  addList(name: string): Promise<string>;
  /** @param seen its name when the person began to edit it; default: as it is */
  renameList(key: string, name: string, seen?: string): Promise<void>;
  deleteList(key: string): Promise<void>;
}

/** `storage`: the browser's is full or refuses; `gone`: the row is no more; `invalid`: see `detail`; `right`: may not. */
export type ActReason = "storage" | "gone" | "invalid" | "right" | "nothing-to-undo";

/** Why an act was refused. The view says it in the person's language by `reason`; `detail` is of the service, or English. */
export class ActError extends Error {
  constructor(
    readonly reason: ActReason,
    readonly detail = "",
  ) {
    super(detail === "" ? reason : `${reason}: ${detail}`);
    this.name = "ActError";
  }
}

export type ActKind =
  | "add-task"
  | "change-task"
  | "complete-task"
  | "reopen-task"
  | "move-task"
  | "delete-task"
  | "restore-task"
  | "add-list"
  | "rename-list"
  | "delete-list"
  | "restore-list";

export interface RecentAct {
  readonly id: string;
  readonly at: Date;
  readonly kind: ActKind;
  /** Rows it was about. */
  readonly count: number;
  /** Text or name of the first one. */
  readonly name: string;
  /** Key of the list it happened in. */
  readonly list?: string;
  /** `undone`: has been; `no`: for one that is too old, or whose row is gone for good. */
  readonly undo: "can" | "undone" | "no";
}

/** Why there is no answer now. */
export type AwayReason = "offline" | "server" | "signed-out";
export type UnsentReason = AwayReason | "stuck" | "clash";

export type SyncState =
  /** What the service has is not known here yet, and nothing was done here. */
  | { readonly kind: "opening" }
  /** @property away what is changed elsewhere can't be seen now */
  | { readonly kind: "saved"; readonly away?: AwayReason }
  | { readonly kind: "saving"; readonly count: number }
  | {
      readonly kind: "unsent";
      readonly count: number;
      /** When the oldest of them was made. */
      readonly since: Date;
      readonly reason: UnsentReason;
      /** Of the service, in its words. */
      readonly detail?: string;
    };

export interface QueueEntry {
  readonly id: string;
  readonly madeAt: Date;
  readonly kind: ActKind;
  /** Text or name of the row. */
  readonly name: string;
  /** Key of the row. */
  readonly key: string;
  /** What to send: members and their new values. */
  readonly changes: Readonly<Record<string, unknown>>;
  /**
   * `stuck`: refused, see `problem`: retry or drop. `clash`: see `clashes`. `doubtful`: sent over 24 hours ago and never
   * answered, so that sending it again may do it twice: retry does, drop does not.
   */
  readonly state: "waiting" | "sending" | "stuck" | "clash" | "doubtful";
  readonly attempts: number;
  readonly problem?: Problem;
}

/** Both sides have changed a member since it was read, and not to the same. */
export interface Clash {
  readonly id: string;
  /** Of the task or list. */
  readonly key: string;
  readonly what: "task" | "list";
  readonly name: string;
  /** When it was changed here. */
  readonly madeAt: Date;
  /** When it was last changed elsewhere, as the service says. */
  readonly theirsAt?: Date;
  /**
   * `deleted`: it is gone there; members are what was changed here, `theirs` is absent. `deleting`: it was deleted here;
   * members are what has changed there, `mine` is absent. Both are settled by "keep" or "drop".
   */
  readonly kind: "changed" | "deleted" | "deleting";
  readonly members: readonly ClashMember[];
}

export interface ClashMember {
  readonly member: string;
  readonly base?: unknown;
  readonly mine?: unknown;
  readonly theirs?: unknown;
}

export interface SentChange {
  readonly id: string;
  readonly madeAt: Date;
  readonly sentAt: Date;
  readonly kind: ActKind;
  readonly name: string;
  readonly key: string;
  readonly changes: Readonly<Record<string, unknown>>;
  /** Members as they were before. */
  readonly base: Readonly<Record<string, unknown>>;
  /** `sent`, or `dropped` by hand, or `merged` with a change from elsewhere. */
  readonly end: "sent" | "merged" | "dropped";
}

/** Asked of the service each time: there is no copy of it. Rejects with `ApiError`. */
export interface Trash {
  lists(next?: Link): Promise<TrashPage>;
  /** @param list its key or id */
  tasksOf(list: string, next?: Link): Promise<TrashPage>;
  restore(row: TrashRow): Promise<void>;
  /** For good. */
  erase(row: TrashRow): Promise<void>;
}

export interface TrashPage {
  readonly rows: readonly TrashRow[];
  readonly next?: Link;
}

export interface TrashRow {
  readonly id: string;
  /** Text or name. */
  readonly name: string;
  readonly deletedAt: Date;
  readonly may: { readonly restore: boolean; readonly erase: boolean };
  readonly resource: Resource;
}
