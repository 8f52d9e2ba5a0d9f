import type { Problem, Resource, Template, Values } from "../api/types.ts";
import type { ActKind, Place, TaskMembers } from "../workspace/types.ts";

/** What is kept of a task of the service: the members it had, as last seen. */
export interface ServerTask extends TaskMembers {
  readonly rank: string;
  readonly completedAt?: string;
  readonly createdAt?: string;
  readonly updatedAt?: string;
  /** Addresses. */
  readonly previous?: string;
  readonly next?: string;
}

/** Where the service has a row. */
interface Located {
  /** Of this browser, for the row's life. */
  readonly key: string;
  /** These are absent until the service has made it. */
  readonly id?: string;
  readonly self?: string;
  /** Absent if the row came without, as in a stream. */
  readonly etag?: string;
  /** How to write to it, which comes with its ETag. */
  readonly forms?: Forms;
  /** Generation of the copy in which the service's row was last taken over, or found gone. */
  readonly seen: number;
  readonly gone?: Gone;
}

export interface Forms {
  readonly patch?: Template;
  readonly delete?: Template;
}

export interface Gone {
  /** Deleted by this browser, or somewhere else while there are changes of it to be sent. */
  readonly by: "here" | "elsewhere";
  readonly at: number;
  /** Address of its entry in the trash, once the service has told. */
  readonly trash?: string;
  readonly restore?: Template;
}

export interface TaskRecord extends Located {
  /** Key of the list where the service has it; of a row made here, where it was made. */
  readonly list: string;
  /** Absent until the service has made it: then its members are those of the entry that makes it. */
  readonly server?: ServerTask;
  /** Its place until the service has given it one. */
  readonly rank: string;
}

export interface ListRecord extends Located {
  readonly server?: { readonly name: string; readonly updatedAt?: string };
  readonly isInbox: boolean;
  /** Address of its tasks. */
  readonly tasks?: string;
  /** How to add a task; null: this caller may not. Absent: not asked yet. */
  readonly addTask?: Template | null;
  readonly resource?: Resource;
  /** Its tasks have been read to the end since it was last seen to come, or to come back. */
  readonly isWhole?: boolean;
}

/** A change to send. */
export interface Entry {
  readonly id: string;
  /** In the order of sending. */
  readonly seq: number;
  readonly what: "task" | "list";
  readonly act: "create" | "change" | "delete" | "restore";
  readonly kind: ActKind;
  /** Of the row. */
  readonly key: string;
  readonly madeAt: number;
  /** Text or name of the row, for people. */
  readonly name: string;
  /** Members as they were shown when they were edited. `list` is the key of a task's list. */
  readonly base: Values;
  /** Their new values; undefined takes one away. */
  readonly changes: Values;
  /** Keys of the rows between which it is put. */
  readonly place?: Place;
  /** The person's own day when it was made. */
  readonly day: string;
  /** Idempotency-Key of a POST. */
  readonly requestKey: string;
  readonly attempts: number;
  /** When it was first sent, since the service last said clearly that nothing came of it. */
  readonly firstSentAt?: number;
  /** Exactly what was sent then: a POST must not differ when it is sent again. */
  readonly body?: Values;
  /** It was sent and not answered: it may have been done. */
  readonly isUnsure?: boolean;
  /** The ETag that it was sent with. */
  readonly sentEtag?: string;
  /** So often its place was refused. */
  readonly misplaced?: number;
  readonly state: "waiting" | "stuck" | "clash" | "doubtful";
  readonly problem?: Problem;
  readonly clash?: ClashRecord;
}

export interface ClashRecord {
  readonly kind: "changed" | "deleted" | "deleting";
  /** Members in question as the service has them. */
  readonly theirs: Values;
  readonly theirsAt?: number;
}

/** One step of the person: what `undo` takes back. */
export interface RecentRecord {
  readonly id: string;
  readonly at: number;
  readonly kind: ActKind;
  readonly name: string;
  readonly list?: string;
  readonly count: number;
  readonly steps: readonly Step[];
  readonly undone?: boolean;
  /** It took another one back, which `undo` does not take back again. */
  readonly isUndo?: boolean;
}

export type Step =
  | { readonly what: "task" | "list"; readonly key: string; readonly did: "create" }
  /** With the members that it had, and what was in question. */
  | {
      readonly what: "task" | "list";
      readonly key: string;
      readonly did: "delete";
      readonly members: Values;
      readonly clashes?: readonly Entry[];
    }
  | {
      readonly what: "task" | "list";
      readonly key: string;
      readonly did: "change";
      readonly before: Values;
      readonly after: Values;
      /** Its neighbours before it was moved. */
      readonly place?: Place;
    };

export interface HistoryRecord {
  readonly id: string;
  readonly madeAt: number;
  readonly sentAt: number;
  readonly kind: ActKind;
  readonly name: string;
  readonly key: string;
  readonly changes: Values;
  readonly base: Values;
  readonly end: "sent" | "merged" | "dropped";
}

export interface MetaRecord {
  readonly name: string;
  readonly value: unknown;
}

export interface Records {
  tasks: TaskRecord;
  lists: ListRecord;
  queue: Entry;
  recent: RecentRecord;
  history: HistoryRecord;
  meta: MetaRecord;
}

export type StoreName = keyof Records;

/** Stores, and which member is the key of their records. */
export const KEYS = {
  tasks: "key",
  lists: "key",
  queue: "id",
  recent: "id",
  history: "id",
  meta: "name",
} as const satisfies Record<StoreName, string>;

export const STORES = Object.keys(KEYS) as readonly StoreName[];

/** What one commit writes: a record, or undefined to remove it. */
export type Batch = { readonly [S in StoreName]: Map<string, Records[S] | undefined> };

export function emptyBatch(): Batch {
  return {
    tasks: new Map(),
    lists: new Map(),
    queue: new Map(),
    recent: new Map(),
    history: new Map(),
    meta: new Map(),
  };
}
