import { SQLiteError } from "bun:sqlite";
import type { LogFields } from "../../application/ports.ts";
import { TodosError } from "../../domain/errors.ts";

/** Seconds after which a client may try again when the file can't be written or read for now. */
const UNAVAILABLE_RETRY_S = 5;
const BUSY_RETRY_S = 1;

/** What went wrong in terms that cross a thread's border. */
export interface StoreFailure {
  /** SQLite's name for it, such as `SQLITE_FULL`; absent for anything else. */
  readonly code?: string;
  readonly message: string;
}

/** What a check of the file has found, under SQLite's own code for it. */
export class DamageError extends Error {
  readonly code = "SQLITE_CORRUPT";
}

const UNAVAILABLE_CODES = /^SQLITE_(FULL|IOERR|BUSY|LOCKED|CANTOPEN|READONLY|NOMEM|PROTOCOL)/;
/** Seconds after which a client may look whether an operator has put things right. */
const DAMAGED_RETRY_S = 60;

/** Codes of our own: the path leads to another file than the one that is open, or to none. */
export const MOVED = "MOVED";
/** Found out after the commit, so that it may have gone into the file that is lost. */
export const MOVED_MEANWHILE = "MOVED_MEANWHILE";

export function failureOf(error: unknown): StoreFailure {
  const message = error instanceof Error ? error.message : String(error);
  const code = sqliteCode(error);
  return code === undefined ? { message } : { code, message };
}

/** For a log, whose `message` says what it means for the store. */
export function failureFields({ code, message }: StoreFailure): LogFields {
  return code === undefined ? { why: message } : { code, why: message };
}

/** SQLite's extended result code by name (`SQLITE_IOERR_WRITE`), or `undefined` for any other error. */
export function sqliteCode(error: unknown): string | undefined {
  if (error instanceof DamageError) return error.code;
  return error instanceof SQLiteError ? (error.code ?? "SQLITE_ERROR") : undefined;
}

/** True for what passes on its own or needs an operator: no room, no access, someone else's lock. */
export function isUnavailability(failure: StoreFailure): boolean {
  const { code } = failure;
  return code !== undefined && (UNAVAILABLE_CODES.test(code) || code === MOVED || code === MOVED_MEANWHILE);
}

/** True where the file is not as SQLite has written it: no waiting fixes that. */
export function isDamage(failure: StoreFailure): boolean {
  return /^SQLITE_(CORRUPT|NOTADB)/.test(failure.code ?? "");
}

/** What a client is told about a read that failed; what is not a failure of the file stays as it is. */
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

/** What a client is told about a failure that passes. */
export function unavailableError(failure: StoreFailure): TodosError {
  const busy = /^SQLITE_(BUSY|LOCKED)/.test(failure.code ?? "");
  return new TodosError("store-unavailable", sentenceFor(failure.code ?? ""), {
    retryAfterS: busy ? BUSY_RETRY_S : UNAVAILABLE_RETRY_S,
    cause: failure,
  });
}

/** What a client is told where a write may or may not be stored. */
export function undecidedError(failure: StoreFailure): TodosError {
  return new TodosError(
    "store-unavailable",
    "The store failed while it wrote: it is unknown whether this was stored. Read before you send it again. With an Idempotency-Key it is safe to send it again.",
    { retryAfterS: UNAVAILABLE_RETRY_S, undecided: true, cause: failure },
  );
}

/** What a client is told about a write that failed with it. */
export function writeError(failure: StoreFailure): TodosError {
  // The log may hold the whole commit although its fsync failed, and a restart would take it up.
  const perhapsStored = failure.code?.startsWith("SQLITE_IOERR") || failure.code === MOVED_MEANWHILE;
  return perhapsStored ? undecidedError(failure) : unavailableError(failure);
}

function sentenceFor(code: string): string {
  if (code.startsWith("SQLITE_FULL")) return "The store's disk is full. Nothing was stored.";
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return "Another process keeps the store locked; try again.";
  if (code === MOVED) return "The store's file was removed or replaced; nothing was stored.";
  return `The store can't be used at the moment (${code || "its writer is not running"}); try again.`;
}
