import type { Checklist } from "../../domain/checklist.ts";
import type { Task } from "../../domain/task.ts";
import type { KeptAnswer, Slice } from "../ports.ts";
import type { CopyMarker } from "./marker.ts";

/** Most rows of one page, and of one call that writes. */
export const COPY_PAGE_ROWS = 200;

/** A row as it is in the target, and as it is to be. Without `before` it is new, without `after` it goes. */
export interface RowChange<T> {
  readonly before?: T;
  readonly after?: T;
}

export interface RowCount {
  readonly checklists: number;
  readonly tasks: number;
}

/** All rows of a store, in pages by last key. Nothing stays open in the store between two calls. */
export interface RowReader extends AsyncDisposable {
  /** For people. */
  readonly place: string;
  readonly epoch: string;
  /** Present where something was or is being copied into this store. */
  marker(): Promise<CopyMarker | undefined>;
  /** In the store's own order; deleted ones are left out. */
  checklistsAfter(after: string | undefined, limit: number): Promise<Slice<Checklist>>;
  /** By id; those that are not there are left out. */
  checklistsById(ids: readonly string[]): Promise<ReadonlyMap<string, Checklist>>;
  /** Tasks of one checklist in order of their ids' code points. */
  tasksAfter(checklistId: string, after: string | undefined, limit: number): Promise<Slice<Task>>;
  /** Answers that are kept for idempotency keys and not expired at `now`; `next` is opaque. */
  receiptsAfter(after: string | undefined, limit: number, now: number): Promise<Slice<KeptAnswer>>;
  /** About how much there is; undefined where the store does not tell in time. */
  count(): Promise<RowCount | undefined>;
  /** Another value than before once a user has written, as far as the store can tell. What it does by itself does not count. */
  writesSeen(): Promise<string>;
  /** How old a write may be at the most before `writesSeen` tells of it, ms. */
  readonly writesSeenAfterMs: number;
}

/** A store that rows are copied into while nobody serves it. Every write may be repeated. */
export interface RowWriter extends RowReader {
  /** Nobody has ever put anything into it: there is a fresh inbox, and nothing else. */
  isEmpty(): Promise<boolean>;
  /** @returns false where the marker is not `previous` any more. From then on this run is the one that may write. */
  setMarker(next: CopyMarker, previous: CopyMarker | undefined): Promise<boolean>;
  /** From now on no version that anybody has seen in this store counts. */
  renewEpoch(): Promise<void>;
  putChecklists(changes: readonly RowChange<Checklist>[]): Promise<void>;
  putTasks(checklistId: string, changes: readonly RowChange<Task>[]): Promise<void>;
  /** Those that are there already stay as they are. @returns how many were new */
  putReceipts(receipts: readonly KeptAnswer[], now: number): Promise<number>;
}

/** Sums up what is fed to it. */
export interface Checksum {
  add(text: string): void;
  /** Hexadecimal. */
  end(): string;
}
