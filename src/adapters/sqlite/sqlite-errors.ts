import { SQLiteError } from "bun:sqlite";
import type { LogFields } from "../../application/ports.ts";
import { TodosError } from "../../domain/errors.ts";

/** Seconds after which a client may try again when the file temporarily can't be written or read. */
const UNAVAILABLE_RETRY_S = 5;
const BUSY_RETRY_S = 1;

/** An error in a form that can be sent between threads. */
export interface StoreFailure {
  /** SQLite's name for it, such as `SQLITE_FULL`; absent for anything else. */
  readonly code?: string;
  readonly message: string;
}

/** The finding of a check of the file, with SQLite's own code. */
export class DamageError extends Error {
  readonly code = "SQLITE_CORRUPT";
}

const UNAVAILABLE_CODES = /^SQLITE_(FULL|IOERR|BUSY|LOCKED|CANTOPEN|READONLY|NOMEM|PROTOCOL)/;
/** Seconds after which a client may check whether an operator has fixed the problem. */
const DAMAGED_RETRY_S = 60;

/** Our own codes: the path leads to a different file than the open one, or to none. */
export const MOVED = "MOVED";
/** Noticed after the commit, which may have gone into the lost file. */
export const MOVED_MEANWHILE = "MOVED_MEANWHILE";

export function failureOf(error: unknown): StoreFailure {
  const message = error instanceof Error ? error.message : String(error);
  const code = sqliteCode(error);
  return code === undefined ? { message } : { code, message };
}

/** For a log line whose `message` says what it means for the store. */
export function failureFields({ code, message }: StoreFailure): LogFields {
  return code === undefined ? { why: message } : { code, why: message };
}

/** SQLite's extended result code by name (`SQLITE_IOERR_WRITE`), or `undefined` for any other error. */
export function sqliteCode(error: unknown): string | undefined {
  if (error instanceof DamageError) return error.code;
  return error instanceof SQLiteError ? (error.code ?? "SQLITE_ERROR") : undefined;
}

/** True for what is temporary or needs an operator: no room, no access, another process's lock. */
export function isUnavailability(failure: StoreFailure): boolean {
  const { code } = failure;
  return code !== undefined && (UNAVAILABLE_CODES.test(code) || code === MOVED || code === MOVED_MEANWHILE);
}

/** True if the file is not as SQLite wrote it: waiting does not fix that. */
export function isDamage(failure: StoreFailure): boolean {
  return /^SQLITE_(CORRUPT|NOTADB)/.test(failure.code ?? "");
}

/** The error for a client after a failed read; errors other than the file's are unchanged. */
export function readError(error: unknown): unknown {
  const failure = failureOf(error);
  if (isDamage(failure)) return damagedError(failure);
  return isUnavailability(failure) ? unavailableError(failure) : error;
}

export function damagedError(failure: StoreFailure): TodosError {
  return new TodosError("store-damaged", "The store's file is damaged, so nothing is written to it.", {
    retryAfterS: DAMAGED_RETRY_S,
    cause: failure,
  });
}

/** The error for a client after a temporary failure. */
export function unavailableError(failure: StoreFailure): TodosError {
  const busy = /^SQLITE_(BUSY|LOCKED)/.test(failure.code ?? "");
  return new TodosError("store-unavailable", sentenceFor(failure.code ?? ""), {
    retryAfterS: busy ? BUSY_RETRY_S : UNAVAILABLE_RETRY_S,
    cause: failure,
  });
}

/** The error for a client if a write may or may not be stored. */
export function undecidedError(failure: StoreFailure): TodosError {
  return new TodosError(
    "store-unavailable",
    "The store failed while it wrote: it is unknown whether this was stored. Read before you send it again. With an Idempotency-Key it is safe to send it again.",
    { retryAfterS: UNAVAILABLE_RETRY_S, undecided: true, cause: failure },
  );
}

/** The error for a client after a failed write. */
export function writeError(failure: StoreFailure): TodosError {
  // The log may contain the whole commit although its fsync failed, and a restart would apply it.
  const perhapsStored = failure.code?.startsWith("SQLITE_IOERR") || failure.code === MOVED_MEANWHILE;
  return perhapsStored ? undecidedError(failure) : unavailableError(failure);
}

function sentenceFor(code: string): string {
  if (code.startsWith("SQLITE_FULL")) return "The store's disk is full. Nothing was stored.";
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return "Another process keeps the store locked; try again.";
  if (code === MOVED) return "The store's file was removed or replaced; nothing was stored.";
  return `The store can't be used at the moment (${code || "its writer is not running"}); try again.`;
}
