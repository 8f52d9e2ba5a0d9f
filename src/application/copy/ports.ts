import type { Checklist } from "../../domain/checklist.ts";
import type { Member } from "../../domain/membership.ts";
import type { Task } from "../../domain/task.ts";
import type { Stay } from "../../domain/trash.ts";
import type { KeptAnswer, Slice } from "../ports.ts";
import type { CopyMarker } from "./marker.ts";

/** Most rows of one page, and of one call that writes. */
export const COPY_PAGE_ROWS = 200;

/** A row in the target before and after. Without `before` it is new; without `after` it is removed. */
export interface RowChange<T> {
  readonly before?: T;
  readonly after?: T;
}

/** A row of a store, live or in its trash. */
export type Kept<T> = T & { readonly trash?: Stay };

/** With its owner and members; both absent if it has none. */
export type KeptChecklist = Kept<Checklist> & {
  readonly owner?: string;
  /** In order of the users' ids. */
  readonly members?: readonly Member[];
};

/** A record of accounts, as it is stored. */
export interface KeptRecord {
  readonly kind: string;
  readonly key: string;
  readonly owner: string;
  /** JSON. */
  readonly value: string;
  readonly version: number;
  readonly expiresAt?: number;
}

export interface RowCount {
  readonly checklists: number;
  readonly tasks: number;
}

/** All rows of a store, in pages by last key. Nothing stays open in the store between calls. */
export interface RowReader extends AsyncDisposable {
  /** For people. */
  readonly place: string;
  readonly epoch: string;
  /** Present if something was or is being copied into this store. */
  marker(): Promise<CopyMarker | undefined>;
  /** In the store's own order, those in the trash too; what is gone for good is left out. */
  checklistsAfter(after: string | undefined, limit: number): Promise<Slice<KeptChecklist>>;
  /** By id; missing ones are left out. */
  checklistsById(ids: readonly string[]): Promise<ReadonlyMap<string, KeptChecklist>>;
  /** Tasks of one checklist in order of their ids' code points, those in the trash too. */
  tasksAfter(checklistId: string, after: string | undefined, limit: number): Promise<Slice<Kept<Task>>>;
  /** Answers stored for idempotency keys that have not expired at `now`; `next` is opaque. */
  receiptsAfter(after: string | undefined, limit: number, now: number): Promise<Slice<KeptAnswer>>;
  /** Records of accounts that have not expired at `now`, in the store's own order; `next` is opaque. */
  recordsAfter(after: string | undefined, limit: number, now: number): Promise<Slice<KeptRecord>>;
  /** By kind and key, as {@link recordName} says; missing and expired ones are left out. */
  recordsNamed(
    names: readonly Pick<KeptRecord, "kind" | "key">[],
    now: number,
  ): Promise<ReadonlyMap<string, KeptRecord>>;
  /** Whose the lists without an owner are. */
  defaultOwner(): Promise<string | undefined>;
  /** Roughly how much there is; undefined if the store does not answer in time. */
  count(): Promise<RowCount | undefined>;
  /** Changes when a user writes, as far as the store can tell. Its own housekeeping does not count. */
  writesSeen(): Promise<string>;
  /** Longest time until `writesSeen` shows a write, ms. */
  readonly writesSeenAfterMs: number;
  /** What its operator must do to keep users from writing to it, as an instruction. */
  readonly toStopWrites: string;
}

export function recordName({ kind, key }: Pick<KeptRecord, "kind" | "key">): string {
  return `${kind} ${key}`;
}

/** The instruction for a store that `todos` serves. */
export function readOnlyWhereServed(place: string): string {
  return `set TODOS_READ_ONLY=true on every instance that serves ${place}`;
}

/** A store that rows are copied into while no process serves it. Every write may be repeated. */
export interface RowWriter extends RowReader {
  /** Nothing was ever written to it: it holds an untouched inbox and nothing else. */
  isEmpty(): Promise<boolean>;
  /** Makes this run the one that may write. @returns false if the marker is no longer `previous` */
  setMarker(next: CopyMarker, previous: CopyMarker | undefined): Promise<boolean>;
  /** Invalidates every version that clients have seen in this store. */
  renewEpoch(): Promise<void>;
  putChecklists(changes: readonly RowChange<KeptChecklist>[]): Promise<void>;
  putTasks(checklistId: string, changes: readonly RowChange<Kept<Task>>[]): Promise<void>;
  putRecords(changes: readonly RowChange<KeptRecord>[], now: number): Promise<void>;
  putDefaultOwner(userId: string): Promise<void>;
  /** Leaves existing ones as they are. @returns how many were new */
  putReceipts(receipts: readonly KeptAnswer[], now: number): Promise<number>;
}

/** A checksum of its input. */
export interface Checksum {
  add(text: string): void;
  /** Hexadecimal. */
  end(): string;
}
