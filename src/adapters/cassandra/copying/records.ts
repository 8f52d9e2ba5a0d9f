import { type KeptRecord, type RowChange, recordName } from "../../../application/copy/ports.ts";
import { recordText } from "../../../application/copy/rows.ts";
import { boundedly } from "../../../application/copy/work.ts";
import type { Slice } from "../../../application/ports.ts";
import { unavailable } from "../failures.ts";
import { ENTER_RECORD, secondsKept } from "../records.ts";
import { milliseconds, newWriteId, optionalText, text } from "../rows.ts";
import type { Row, Session } from "../session.ts";

/** Each in a partition of its own. */
const RECORDS_AT_ONCE = 32;
/** Longest that one record is tried again, ms. */
const SETTLING_DEADLINE_MS = 30_000;

const COLUMNS = "kind, key, owner, value, version, expires_at, entry";
const FIRST = `SELECT ${COLUMNS} FROM account_record LIMIT ?`;
const AFTER = `SELECT ${COLUMNS} FROM account_record WHERE token(kind, key) > token(?, ?) LIMIT ?`;
const NAMED = `SELECT ${COLUMNS} FROM account_record WHERE kind = ? AND key = ?`;
const PUT = `UPDATE account_record USING TTL ? SET owner = ?, value = ?, version = ?, expires_at = ?, entry = ?
  WHERE kind = ? AND key = ? IF version = ?`;
const DELETE = "DELETE FROM account_record WHERE kind = ? AND key = ? IF version = ?";

export async function recordsAfter(
  session: Session,
  after: string | undefined,
  limit: number,
  now: number,
): Promise<Slice<KeptRecord>> {
  const rows = await (after === undefined
    ? session.rowsUpTo(FIRST, [limit], limit)
    : session.rowsUpTo(AFTER, [...(JSON.parse(after) as string[]), limit], limit));
  const items = rows.flatMap((row) => keptRecord(row, now) ?? []);
  const last = rows.at(-1);
  return !last || rows.length < limit
    ? { items }
    : { items, next: JSON.stringify([text(last.kind), text(last.key)]) };
}

export async function recordsNamed(
  session: Session,
  names: readonly Pick<KeptRecord, "kind" | "key">[],
  now: number,
): Promise<ReadonlyMap<string, KeptRecord>> {
  const found = new Map<string, KeptRecord>();
  await boundedly(names, RECORDS_AT_ONCE, async ({ kind, key }) => {
    const row = await session.row(NAMED, [kind, key]);
    const record = row && keptRecord(row, now);
    if (record) found.set(recordName(record), record);
  });
  return found;
}

export function putRecords(
  session: Session,
  changes: readonly RowChange<KeptRecord>[],
  now: number,
): Promise<void> {
  return boundedly(changes, RECORDS_AT_ONCE, async ({ before, after }) => {
    const record = after ?? before;
    if (!record) throw new TypeError("a change is about some record");
    const { kind, key } = record;
    const deadline = performance.now() + SETTLING_DEADLINE_MS;
    while (performance.now() < deadline) {
      const row = await session.row(NAMED, [kind, key], session.serialRead);
      const found = row && keptRecord(row, now);
      if (after ? found && recordText(found) === recordText(after) : !found) return;
      const version = optionalText(row?.version) ?? null;
      if (after) await put(session, after, version, now);
      else await session.attempt(DELETE, [kind, key, version]);
    }
    throw unavailable(undefined, "unknown");
  });
}

/** Its entry first, as always. */
async function put(
  session: Session,
  { kind, key, owner, value, version, expiresAt }: KeptRecord,
  before: string | null,
  now: number,
): Promise<void> {
  const seconds = secondsKept(expiresAt, now);
  const entry = newWriteId();
  await session.write(ENTER_RECORD, [kind, owner, key, entry, seconds]);
  const until = expiresAt === undefined ? null : new Date(expiresAt);
  await session.attempt(PUT, [seconds, owner, value, String(version), until, entry, kind, key, before]);
}

/** @returns undefined for one that has expired, or is marked as deleted */
function keptRecord(row: Row, now: number): KeptRecord | undefined {
  const [value, version] = [optionalText(row.value), optionalText(row.version)];
  const expiresAt = row.expires_at === null ? undefined : milliseconds(row.expires_at);
  if (value === undefined || version === undefined || (expiresAt !== undefined && expiresAt <= now))
    return undefined;
  return {
    ...{ kind: text(row.kind), key: text(row.key), owner: text(row.owner), value, version: Number(version) },
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}
