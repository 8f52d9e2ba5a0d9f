import type { Statement } from "bun:sqlite";
import type {
  RecordDeleted,
  RecordKind,
  Records,
  RecordWritten,
  StoredRecord,
} from "../../application/accounts/records.ts";
import type { Command } from "../../application/commands.ts";
import type { Slice } from "../../application/ports.ts";
import type { Connection } from "./connection.ts";
import { rowOf, text, whole } from "./rows.ts";

const COLUMNS = "key, owner, value, version, expires_at";
const VALID = "(expires_at IS NULL OR expires_at > ?)";

const VERSIONS = 2 ** 48;

/** Records of accounts, for readers. Prepared when they are first asked for: most services have no accounts. */
export class RecordReader {
  readonly #one: Statement;
  readonly #owned: Statement;

  constructor(connection: Connection) {
    this.#one = connection.prepare(
      `SELECT ${COLUMNS} FROM account_record WHERE kind = ? AND key = ? AND ${VALID}`,
    );
    this.#owned = connection.prepare(
      `SELECT ${COLUMNS} FROM account_record WHERE kind = ? AND owner = ? AND key > ? AND ${VALID}
       ORDER BY key LIMIT ?`,
    );
  }

  find<K extends RecordKind>(kind: K, key: string, now: number): StoredRecord<Records[K]> | undefined {
    const row = this.#one.get(kind, key, now);
    return row === null ? undefined : recordFromRow(row);
  }

  list<K extends RecordKind>(
    kind: K,
    owner: string,
    after: string | undefined,
    limit: number,
    now: number,
  ): Slice<StoredRecord<Records[K]>> {
    const rows = this.#owned.all(kind, owner, after ?? "", now, limit + 1);
    const items = rows.slice(0, limit).map((row) => recordFromRow<Records[K]>(row));
    const last = items.at(-1);
    return rows.length > limit && last ? { items, next: last.key } : { items };
  }
}

/** Compares and sets records, within a transaction of the writer's. */
export class RecordWriter {
  readonly #current: Statement;
  readonly #insert: Statement;
  readonly #update: Statement;
  readonly #delete: Statement;

  constructor(connection: Connection) {
    this.#current = connection.prepare(
      "SELECT version, expires_at FROM account_record WHERE kind = ? AND key = ?",
    );
    this.#insert = connection.prepare(
      `INSERT INTO account_record (kind, ${COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6)`,
    );
    this.#update = connection.prepare(
      `UPDATE account_record SET owner = ?3, value = ?4, version = ?5, expires_at = ?6 WHERE kind = ?1 AND key = ?2`,
    );
    this.#delete = connection.prepare("DELETE FROM account_record WHERE kind = ? AND key = ?");
  }

  put(command: Command<"putRecord">, now: number): RecordWritten {
    const { kind, key, owner, value, expect, expiresAt } = command;
    const current = this.#find(kind, key);
    const valid = current !== undefined && isValid(current.expiresAt, now);
    if (expect === "absent" ? valid : !valid || current.version !== expect) return { outcome: "conflict" };
    const version = newVersion();
    const statement = current ? this.#update : this.#insert;
    statement.run(kind, key, owner, JSON.stringify(value), version, expiresAt ?? null);
    return { outcome: "written", version };
  }

  delete({ kind, key, expect }: Command<"deleteRecord">, now: number): RecordDeleted {
    const current = this.#find(kind, key);
    if (current?.version !== expect || !isValid(current.expiresAt, now)) return { outcome: "conflict" };
    this.#delete.run(kind, key);
    return { outcome: "deleted" };
  }

  #find(kind: RecordKind, key: string): { version: number; expiresAt: number | undefined } | undefined {
    const row = this.#current.get(kind, key);
    if (row === null) return undefined;
    const { version, expires_at } = rowOf(row);
    return { version: whole(version), expiresAt: timeFrom(expires_at) };
  }
}

/** Random: the version of a deleted record must never match one that was created since. */
function newVersion(): number {
  return 1 + Math.floor(Math.random() * VERSIONS);
}

/** One version of a JSON document that this service wrote. */
function recordFromRow<T>(row: unknown): StoredRecord<T> {
  const { key, owner, value, version, expires_at } = rowOf(row);
  const expiresAt = timeFrom(expires_at);
  return {
    key: text(key),
    owner: text(owner),
    value: JSON.parse(text(value)),
    version: whole(version),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

function isValid(expiresAt: number | undefined, now: number): boolean {
  return expiresAt === undefined || expiresAt > now;
}

function timeFrom(cell: unknown): number | undefined {
  return cell === null ? undefined : whole(cell);
}
