import type { Created, Receipt, Written } from "../../application/ports.ts";
import type { Checklist, ChecklistChange } from "../../domain/checklist.ts";
import type { Task, TaskEdit, TaskStatus } from "../../domain/task.ts";
import type { Guard } from "../../domain/version.ts";
import type { FileIdentity } from "./file-identity.ts";
import type { StoreFailure } from "./sqlite-errors.ts";

/** Every write there is, as it travels to the writer's thread; only what JSON can hold. */
export type Write =
  | { readonly op: "createChecklist"; readonly row: Checklist; readonly receipt?: Receipt }
  | {
      readonly op: "changeChecklist";
      readonly id: string;
      readonly change: ChecklistChange;
      readonly guard: Guard;
      readonly now: number;
    }
  | { readonly op: "deleteChecklist"; readonly id: string; readonly guard: Guard }
  | { readonly op: "createTask"; readonly row: Task; readonly receipt?: Receipt }
  | {
      readonly op: "changeTask";
      readonly checklistId: string;
      readonly id: string;
      readonly edit: TaskEdit;
      readonly guard: Guard;
      readonly now: number;
    }
  | { readonly op: "deleteTask"; readonly checklistId: string; readonly id: string; readonly guard: Guard };

/** Of an object with its short members, about. */
const WRITE_BYTES = 1_024;
const CHARACTER_BYTES = 2;

/** About what a write takes in memory while it waits. */
export function bytesOf(write: Write): number {
  return WRITE_BYTES + CHARACTER_BYTES * (textLength(membersOf(write)) + receiptLength(write));
}

function membersOf(write: Write): object {
  switch (write.op) {
    case "createTask":
    case "createChecklist":
      return write.row;
    case "changeTask":
      return write.edit.change;
    case "changeChecklist":
      return write.change;
    case "deleteTask":
    case "deleteChecklist":
      return write;
  }
}

function receiptLength(write: Write): number {
  return "receipt" in write && write.receipt
    ? textLength(write.receipt) + textLength(write.receipt.answer)
    : 0;
}

function textLength(value: object): number {
  let length = 0;
  for (const member of Object.values(value)) if (typeof member === "string") length += member.length;
  return length;
}

/** What a changed task was before, for code that counts transitions. */
export type ChangedTask = Written<Task> & { readonly from?: TaskStatus };

/** What each write answers. */
export interface WriteAnswers {
  readonly createChecklist: Created;
  readonly changeChecklist: Written<Checklist>;
  readonly deleteChecklist: Written<undefined>;
  readonly createTask: Created;
  readonly changeTask: ChangedTask;
  readonly deleteTask: Written<undefined>;
}

export type WriteAnswer = WriteAnswers[Write["op"]];

/** One write's end: its answer, or why there is none. */
export type WriteEnd = { readonly answer: WriteAnswer } | { readonly failure: StoreFailure };

/** To the writer's thread, in this order: `open` once, then anything, `close` last. */
export type ToWriter =
  | { readonly kind: "open"; readonly path: string; readonly identity: FileIdentity }
  /** @property now for forgetting expired keys, milliseconds since the Unix epoch */
  | { readonly kind: "batch"; readonly writes: readonly Write[]; readonly now: number }
  | { readonly kind: "tidy"; readonly now: number }
  /** Commits that many bytes. */
  | { readonly kind: "probe"; readonly bytes: number }
  /** Reads all of the file, on a connection of its own. */
  | { readonly kind: "examine"; readonly path: string }
  | { readonly kind: "close" };

/** From it: one answer to each message but `tidy`, in the same order; `postponed` and `broken` unasked. */
export type FromWriter =
  | { readonly kind: "opened" }
  /** @property commits how many transactions the batch took: 1, but for a batch with a failure in it */
  | { readonly kind: "batch"; readonly ends: readonly WriteEnd[]; readonly commits: number }
  | { readonly kind: "probed"; readonly failure?: StoreFailure }
  /** @property failure present where something is wrong with the file */
  | { readonly kind: "examined"; readonly failure?: StoreFailure }
  | { readonly kind: "closed"; readonly failure?: StoreFailure }
  /** A step of housekeeping did not work. */
  | { readonly kind: "postponed"; readonly failure: StoreFailure }
  | { readonly kind: "broken"; readonly failure: StoreFailure };
