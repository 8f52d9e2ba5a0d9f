import type { Statement } from "bun:sqlite";
import { type CopyMarker, MARKER_KEY, markerFrom } from "../../../application/copy/marker.ts";
import {
  type Kept,
  type KeptChecklist,
  type KeptRecord,
  type RowCount,
  type RowReader,
  readOnlyWhereServed,
  recordName,
} from "../../../application/copy/ports.ts";
import type { KeptAnswer, Slice } from "../../../application/ports.ts";
import { StoreOpenError } from "../../../application/store-open-error.ts";
import type { Role } from "../../../domain/access.ts";
import type { Task } from "../../../domain/task.ts";
import type { Stay } from "../../../domain/trash.ts";
import { Connection, openReader } from "../connection.ts";
import { placeOfStore } from "../place.ts";
import { withReader } from "../prepare.ts";
import {
  CHECKLIST_COLUMNS,
  checklistFromRow,
  receiptFromRow,
  rowOf,
  TASK_COLUMNS,
  taskFromRow,
  text,
  whole,
} from "../rows.ts";
import { readError } from "../sqlite-errors.ts";

const LIST_COLUMNS = `${CHECKLIST_COLUMNS}, owner,
  (SELECT json_group_array(json_array(user_id, role)) FROM
    (SELECT user_id, role FROM member WHERE checklist_id = id ORDER BY user_id)) AS members`;
const RECORD_COLUMNS = "kind, key, owner, value, version, expires_at";
const NO_STAY = "NULL AS deleted_at, NULL AS until";
const STAY = "deleted_at, until";
/** Before every key. */
const FIRST_KEY = ["", ""];

/** Times in two parts, because the sum of many would be too large. */
const SUMS = `json_array(count(*), sum(version), sum(updated_at >> 20), sum(updated_at & 1048575),
  max(updated_at), max(id))`;

/** All rows of a file, read while another process serves it. */
export class SqliteRows implements RowReader {
  readonly epoch: string;
  readonly #checklist: Statement;
  readonly #checklists: Statement;
  readonly #tasks: Statement;
  readonly #receipts: Statement;
  readonly #records: Statement;
  readonly #record: Statement;
  readonly #defaultOwner: Statement;
  readonly #count: Statement;
  readonly #marker: Statement;
  readonly #dataVersion: Statement;
  readonly #sums: Statement;
  /** As of the commit with that number, by SQLite's count of other connections' commits. */
  #summedUp: { readonly version: number; readonly sums: string } | undefined;
  readonly writesSeenAfterMs = 0;
  readonly toStopWrites: string;

  constructor(
    /** Absolute, without symbolic links. */
    readonly place: string,
    protected readonly connection: Connection,
  ) {
    this.toStopWrites = readOnlyWhereServed(place);
    const prepare = (sql: string) => connection.prepare(sql);
    this.#checklist = prepare(
      `SELECT ${LIST_COLUMNS}, ${NO_STAY} FROM checklist WHERE id = ?1
       UNION ALL SELECT ${LIST_COLUMNS}, ${STAY} FROM trashed_checklist WHERE id = ?1`,
    );
    this.#checklists = prepare(
      `SELECT ${LIST_COLUMNS}, ${NO_STAY} FROM checklist WHERE id > ?1
       UNION ALL SELECT ${LIST_COLUMNS}, ${STAY} FROM trashed_checklist WHERE id > ?1 ORDER BY id LIMIT ?2`,
    );
    this.#tasks = prepare(
      `SELECT ${TASK_COLUMNS}, ${NO_STAY} FROM task WHERE checklist_id = ?1 AND id > ?2
       UNION ALL SELECT ${TASK_COLUMNS}, ${STAY} FROM trashed_task WHERE checklist_id = ?1 AND id > ?2
       ORDER BY id LIMIT ?3`,
    );
    this.#receipts = prepare(
      `SELECT scope, key, fingerprint, status, headers, body, expires_at FROM idempotency
       WHERE (scope, key) > (?1, ?2) AND expires_at > ?3 ORDER BY scope, key LIMIT ?4`,
    );
    this.#records = prepare(
      `SELECT ${RECORD_COLUMNS} FROM account_record
       WHERE (kind, key) > (?1, ?2) AND (expires_at IS NULL OR expires_at > ?3) ORDER BY kind, key LIMIT ?4`,
    );
    this.#record = prepare(
      `SELECT ${RECORD_COLUMNS} FROM account_record
       WHERE kind = ?1 AND key = ?2 AND (expires_at IS NULL OR expires_at > ?3)`,
    );
    this.#defaultOwner = prepare("SELECT value FROM meta WHERE key = 'default-owner'");
    this.#count = prepare(
      `SELECT (SELECT count(*) FROM checklist) + (SELECT count(*) FROM trashed_checklist) AS checklists,
       (SELECT count(*) FROM task) + (SELECT count(*) FROM trashed_task) AS tasks`,
    );
    this.#marker = prepare(`SELECT value FROM meta WHERE key = '${MARKER_KEY}'`);
    this.#dataVersion = prepare("PRAGMA data_version");
    this.#sums = prepare(
      `SELECT json_array((SELECT ${SUMS} FROM checklist),
         (SELECT ${SUMS} FROM task WHERE checklist_id IN (SELECT id FROM checklist)),
         (SELECT json_array(count(*), sum(version & 1048575), max(version)) FROM account_record),
         (SELECT ${SUMS} FROM trashed_checklist), (SELECT ${SUMS} FROM trashed_task)) AS sums`,
    );
    this.epoch = text(rowOf(connection.db.query("SELECT value FROM meta WHERE key = 'epoch'").get()).value);
  }

  marker(): Promise<CopyMarker | undefined> {
    return this.turn(() => this.markerNow());
  }

  checklistsAfter(after: string | undefined, limit: number): Promise<Slice<KeptChecklist>> {
    return this.turn(() => slice(this.#checklists.all(after ?? "", limit).map(keptChecklist), limit));
  }

  checklistsById(ids: readonly string[]): Promise<ReadonlyMap<string, KeptChecklist>> {
    return this.turn(() => {
      const rows = ids.map((id) => this.#checklist.get(id)).filter((row) => row !== null);
      return new Map(rows.map(keptChecklist).map((row) => [row.id, row]));
    });
  }

  tasksAfter(checklistId: string, after: string | undefined, limit: number): Promise<Slice<Kept<Task>>> {
    return this.turn(() => slice(this.#tasks.all(checklistId, after ?? "", limit).map(keptTask), limit));
  }

  receiptsAfter(after: string | undefined, limit: number, now: number): Promise<Slice<KeptAnswer>> {
    const [scope = "", key = ""] = after === undefined ? FIRST_KEY : (JSON.parse(after) as string[]);
    return this.turn(() => {
      const items = this.#receipts.all(scope, key, now, limit).map(keptReceipt);
      const last = items.at(-1);
      return last && items.length === limit
        ? { items, next: JSON.stringify([last.scope, last.key]) }
        : { items };
    });
  }

  recordsAfter(after: string | undefined, limit: number, now: number): Promise<Slice<KeptRecord>> {
    const [kind = "", key = ""] = after === undefined ? FIRST_KEY : (JSON.parse(after) as string[]);
    return this.turn(() => {
      const items = this.#records.all(kind, key, now, limit).map(keptRecord);
      const last = items.at(-1);
      return last && items.length === limit
        ? { items, next: JSON.stringify([last.kind, last.key]) }
        : { items };
    });
  }

  recordsNamed(
    names: readonly Pick<KeptRecord, "kind" | "key">[],
    now: number,
  ): Promise<ReadonlyMap<string, KeptRecord>> {
    return this.turn(() => {
      const rows = names
        .map(({ kind, key }) => this.#record.get(kind, key, now))
        .filter((row) => row !== null);
      return new Map(rows.map(keptRecord).map((row) => [recordName(row), row]));
    });
  }

  defaultOwner(): Promise<string | undefined> {
    return this.turn(() => {
      const row = this.#defaultOwner.get();
      return row === null ? undefined : text(rowOf(row).value);
    });
  }

  count(): Promise<RowCount> {
    return this.turn(() => {
      const { checklists, tasks } = rowOf(this.#count.get());
      return { checklists: whole(checklists), tasks: whole(tasks) };
    });
  }

  /**
   * Computes a checksum of the rows that users can reach, but only if another process has committed since the
   * last time: every user's write changes or removes a version and a time. Probes, expiring keys and purges do
   * not count.
   */
  writesSeen(): Promise<string> {
    return this.turn(() => {
      const version = whole(rowOf(this.#dataVersion.get()).data_version);
      if (this.#summedUp?.version !== version) {
        this.#summedUp = { version, sums: text(rowOf(this.#sums.get()).sums) };
      }
      return this.#summedUp.sums;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.connection.close();
  }

  protected markerNow(): CopyMarker | undefined {
    const row = this.#marker.get();
    return row === null ? undefined : markerFrom(text(rowOf(row).value));
  }

  /** Gives other tasks a turn first: SQLite answers at once, and timers and signals would have to wait. */
  protected async turn<T>(work: () => T): Promise<T> {
    await new Promise((resolve) => setImmediate(resolve));
    try {
      return work();
    } catch (error) {
      // The copy waits for temporary failures.
      throw readError(error);
    }
  }
}

/** @throws StoreOpenError */
export function openSqliteRows(path: string): SqliteRows {
  const place = placeOfStore(path);
  refuseOlderSchema(place);
  return new SqliteRows(place, new Connection(openReader(place)));
}

/** @throws StoreOpenError */
export function refuseOlderSchema(place: string): void {
  withReader(place, (_db, { pending }) => {
    if (pending.length === 0) return;
    throw new StoreOpenError(
      `${place} has an older schema than this todos: run todos migrate --sqlite ${place}, then copy`,
    );
  });
}

function slice<T extends { readonly id: string }>(items: readonly T[], limit: number): Slice<T> {
  const last = items.at(-1);
  return last && items.length === limit ? { items, next: last.id } : { items };
}

function keptChecklist(row: unknown): KeptChecklist {
  const { owner, members } = rowOf(row);
  const roles = JSON.parse(text(members)) as [string, Role][];
  return {
    ...checklistFromRow(row),
    ...stayOf(row),
    ...(owner === null ? {} : { owner: text(owner) }),
    ...(roles.length === 0 ? {} : { members: roles.map(([userId, role]) => ({ userId, role })) }),
  };
}

function keptRecord(row: unknown): KeptRecord {
  const { kind, key, owner, value, version, expires_at } = rowOf(row);
  return {
    ...{ kind: text(kind), key: text(key), owner: text(owner), value: text(value), version: whole(version) },
    ...(expires_at === null ? {} : { expiresAt: whole(expires_at) }),
  };
}

function keptTask(row: unknown): Kept<Task> {
  return { ...taskFromRow(row), ...stayOf(row) };
}

function stayOf(row: unknown): { readonly trash?: Stay } {
  const { deleted_at, until } = rowOf(row);
  return deleted_at === null ? {} : { trash: { deletedAt: whole(deleted_at), until: whole(until) } };
}

function keptReceipt(row: unknown): KeptAnswer {
  const { scope, key, expires_at } = rowOf(row);
  return { scope: text(scope), key: text(key), ...receiptFromRow(row), expiresAt: whole(expires_at) };
}
