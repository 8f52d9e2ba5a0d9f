import type { Command, WriteAnswer } from "../../application/commands.ts";
import type { FileIdentity } from "./file-identity.ts";
import type { StoreFailure } from "./sqlite-errors.ts";

/** Approximate size of an object with its short members. */
const WRITE_BYTES = 1_024;
const CHARACTER_BYTES = 2;

/** Approximate memory of a waiting write. */
export function bytesOf(write: Command): number {
  return WRITE_BYTES + CHARACTER_BYTES * textLength(write);
}

function textLength(value: object): number {
  let length = 0;
  for (const member of Object.values(value)) {
    if (typeof member === "string") length += member.length;
    else if (typeof member === "object" && member !== null) length += textLength(member);
  }
  return length;
}

/** The result of one write: its answer, or why there is none. */
export type WriteEnd = { readonly answer: WriteAnswer } | { readonly failure: StoreFailure };

/** To the writer's thread, in this order: `open` once, then anything, `close` last. */
export type ToWriter =
  | { readonly kind: "open"; readonly path: string; readonly identity: FileIdentity }
  /** @property now for forgetting expired keys, milliseconds since the Unix epoch */
  | { readonly kind: "batch"; readonly writes: readonly Command[]; readonly now: number }
  | { readonly kind: "tidy"; readonly now: number }
  /** Commits that many bytes. */
  | { readonly kind: "probe"; readonly bytes: number }
  /** Reads all of the file, on a connection of its own. */
  | { readonly kind: "examine"; readonly path: string }
  | { readonly kind: "close" };

/**
 * From it: one answer to each message except `tidy`, in the same order; `postponed` and `broken` come
 * unrequested.
 */
export type FromWriter =
  | { readonly kind: "opened" }
  /** @property commits how many transactions the batch took: 1, except for a batch with a failure in it */
  | { readonly kind: "batch"; readonly ends: readonly WriteEnd[]; readonly commits: number }
  | { readonly kind: "probed"; readonly failure?: StoreFailure }
  /** @property failure present if something is wrong with the file */
  | { readonly kind: "examined"; readonly failure?: StoreFailure }
  | { readonly kind: "closed"; readonly failure?: StoreFailure }
  /** A step of housekeeping did not work. */
  | { readonly kind: "postponed"; readonly failure: StoreFailure }
  | { readonly kind: "broken"; readonly failure: StoreFailure };
