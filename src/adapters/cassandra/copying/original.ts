import { types } from "cassandra-driver";
import type { CopyMarker } from "../../../application/copy/marker.ts";
import type { KeptRecord, RowCount, RowReader } from "../../../application/copy/ports.ts";
import type { KeptAnswer, Slice } from "../../../application/ports.ts";
import { type Checklist, NEVER_MS } from "../../../domain/checklist.ts";
import type { Task } from "../../../domain/task.ts";
import { BASELINE_VERSION, optionalText, shown } from "../rows.ts";
import type { Row, Session } from "../session.ts";
import { counted } from "./count.ts";

const TABLE_ID = "SELECT id FROM system_schema.tables WHERE keyspace_name = ? AND table_name = 'checklist'";
/** Rows of one page where all of them are read. */
const PAGE_ROWS = 1_000;
const MICROSECONDS_PER_MS = 1_000;
/** The end of 9999, the last year of RFC 3339: a later value was not meant as a time. */
const TIME_MS_MAX = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const CANONICAL_UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The rows of a keyspace that the Java original created without its stack: lists with an id and a name, and
 * nothing else. They have no times; the time when the name was written is used, if the store returns it.
 */
export class OriginalRows implements RowReader {
  readonly writesSeenAfterMs = 0;
  readonly toStopWrites: string;
  private readonly columns: string;

  private constructor(
    private readonly session: Session,
    readonly place: string,
    readonly epoch: string,
  ) {
    this.toStopWrites = `stop every instance of the service that writes to ${place}`;
    this.columns = session.rules.ownTimestamps ? "id, name, WRITETIME(name) AS written" : "id, name";
  }

  /** @param place for people */
  static async open(session: Session, place: string, keyspace: string): Promise<OriginalRows> {
    const table = await session.row(TABLE_ID, [keyspace]);
    // A table that is dropped and created again gets another id, if the store has ids at all.
    return new OriginalRows(session, place, `original ${String(table?.id ?? keyspace)}`);
  }

  async marker(): Promise<CopyMarker | undefined> {
    return undefined;
  }

  async checklistsAfter(after: string | undefined, limit: number): Promise<Slice<Checklist>> {
    const items = (await this.rowsAfter(after, limit)).map(checklistFrom);
    const last = items.at(-1);
    return last && items.length === limit ? { items, next: last.id } : { items };
  }

  async checklistsById(ids: readonly string[]): Promise<ReadonlyMap<string, Checklist>> {
    const query = `SELECT ${this.columns} FROM checklist WHERE id = ?`;
    // Elsewhere another spelling of a uuid is another id; here it would find the same row.
    const known = ids.filter((id) => CANONICAL_UUID.test(id));
    const rows = await Promise.all(known.map((id) => this.session.row(query, [id])));
    const found = rows.filter((row) => row !== undefined).map(checklistFrom);
    return new Map(found.map((checklist) => [checklist.id, checklist]));
  }

  /** It stored no tasks. */
  async tasksAfter(): Promise<Slice<Task>> {
    return { items: [] };
  }

  /** It had no idempotency keys. */
  async receiptsAfter(): Promise<Slice<KeptAnswer>> {
    return { items: [] };
  }

  /** It had no accounts. */
  async recordsAfter(): Promise<Slice<KeptRecord>> {
    return { items: [] };
  }

  async recordsNamed(): Promise<ReadonlyMap<string, KeptRecord>> {
    return new Map();
  }

  async defaultOwner(): Promise<string | undefined> {
    return undefined;
  }

  count(): Promise<RowCount | undefined> {
    return counted(this.session, { tasks: false });
  }

  /** It keeps no record of changes: a checksum covers all rows. */
  async writesSeen(): Promise<string> {
    const hasher = new Bun.CryptoHasher("sha256");
    let after: string | undefined;
    do {
      const page = await this.checklistsAfter(after, PAGE_ROWS);
      for (const { id, name, updatedAt } of page.items) hasher.update(JSON.stringify([id, name, updatedAt]));
      after = page.next;
    } while (after !== undefined);
    return hasher.digest("hex");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session.close();
  }

  private rowsAfter(after: string | undefined, limit: number): Promise<readonly Row[]> {
    const select = `SELECT ${this.columns} FROM checklist`;
    return after === undefined
      ? this.session.rowsUpTo(`${select} LIMIT ?`, [limit], limit)
      : this.session.rowsUpTo(`${select} WHERE token(id) > token(?) LIMIT ?`, [after, limit], limit);
  }
}

function checklistFrom(row: Row): Checklist {
  const id: unknown = row.id;
  if (!(id instanceof types.Uuid)) throw new TypeError(`expected a uuid, got ${typeof id}`);
  const at = writtenAt(row.written);
  const name = shown(optionalText(row.name));
  return { id: id.toString(), name, createdAt: at, updatedAt: at, version: BASELINE_VERSION };
}

/** @param cell microseconds; null for a null cell, absent if the store does not return it. @returns ms */
function writtenAt(cell: unknown): number {
  if (!(cell instanceof types.Long)) return NEVER_MS;
  const ms = Math.floor(cell.toNumber() / MICROSECONDS_PER_MS);
  return ms > 0 && ms <= TIME_MS_MAX ? ms : NEVER_MS;
}
