import type {
  RecordDeleted,
  RecordKind,
  Records,
  RecordWritten,
  StoredRecord,
} from "../../application/accounts/records.ts";
import type { Command } from "../../application/commands.ts";
import { boundedly } from "../../application/copy/work.ts";
import { type Clock, FILTERED_ROWS_READ_MAX, type Log, type Slice } from "../../application/ports.ts";
import { TodosError } from "../../domain/errors.ts";
import { settledBy } from "./conditional.ts";
import { Rounds } from "./rounds.ts";
import { EARLIER_WRITE_IDS_MAX, newWriteId, optionalText, text } from "./rows.ts";
import type { Row, Session } from "./session.ts";

/** Records read at once, for one page. */
const READ_AT_ONCE = 16;
const VERSIONS = 2 ** 48;
/** How long a record is kept after it has expired, s: instances' clocks differ. */
const KEPT_AFTER_S = 3_600;
/** How long the mark of a deletion is kept, s: longer than anyone could ask whether it was theirs. */
const MARK_KEPT_S = 600;
/** A record that lives longer is kept forever: a cluster can't count past the year 2038. */
const COUNTED_S_MAX = 366 * 86_400;

const SELECT = `SELECT key, owner, value, version, earlier_versions, expires_at, entry FROM account_record
  WHERE kind = ? AND key = ?`;
/** Of one that is not there every cell is null; an INSERT would leave something that outlives the cells. */
const REPLACE = `UPDATE account_record USING TTL ? SET owner = ?, value = ?, version = ?, earlier_versions = ?,
  expires_at = ?, entry = ? WHERE kind = ? AND key = ? IF version = ?`;
const DELETE = "DELETE FROM account_record WHERE kind = ? AND key = ? IF version = ?";
export const ENTER_RECORD =
  "INSERT INTO account_record_by_owner (kind, owner, key, entry) VALUES (?, ?, ?, ?) USING TTL ?";
const ENTRIES = "SELECT key, entry FROM account_record_by_owner WHERE kind = ? AND owner = ?";
const FIRST_ENTRIES = `${ENTRIES} LIMIT ?`;
const ENTRIES_AFTER = `${ENTRIES} AND key > ? LIMIT ?`;
const LEAVE = "DELETE FROM account_record_by_owner WHERE kind = ? AND owner = ? AND key = ? AND entry = ?";

/** A row, whether it has expired, is marked as deleted, or not. */
interface Kept {
  readonly row: Row;
  readonly version: string;
  readonly expiresAt: number | undefined;
}

interface Cells {
  readonly ttl: number;
  readonly owner: string;
  /** Null: deleted. */
  readonly value: string | null;
  readonly until: Date | null;
  readonly entry: string | null;
}

interface Key {
  readonly kind: RecordKind;
  readonly key: string;
}

/** Records of accounts, each in a partition of its own, written by lightweight transactions. */
export class CassandraRecords {
  constructor(
    private readonly session: Session,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  async find<K extends RecordKind>(kind: K, key: string): Promise<StoredRecord<Records[K]> | undefined> {
    const kept = await this.read({ kind, key }, false);
    return kept && this.isValid(kept) ? recordOf(kept) : undefined;
  }

  /** As the entries have them, each verified against its record. */
  async list<K extends RecordKind>(
    kind: K,
    owner: string,
    after: string | undefined,
    limit: number,
  ): Promise<Slice<StoredRecord<Records[K]>>> {
    const items: StoredRecord<Records[K]>[] = [];
    let place = after;
    for (let examined = 0; examined < FILTERED_ROWS_READ_MAX; ) {
      const wanted = limit + 1 - items.length;
      const entries = await this.entries(kind, owner, place, wanted);
      const keys = [...new Set(entries.map((row) => text(row.key)))];
      items.push(...(await this.valid(kind, owner, keys)));
      if (items.length > limit) return { items: items.slice(0, limit), ...nextOf(items[limit - 1]?.key) };
      if (entries.length < wanted) return { items };
      examined += entries.length;
      place = keys.at(-1);
    }
    return { items, ...nextOf(place) };
  }

  async put(command: Command<"putRecord">, latest: number): Promise<RecordWritten> {
    const { expect, expiresAt, owner, value } = command;
    const version = newVersion();
    const ttl = secondsKept(expiresAt, this.clock.now());
    let entry: string | undefined;
    const isWritten = await this.replaced(command, expect, String(version), latest, async (kept) => {
      entry ??= await this.entered(command, kept, ttl);
      const until = expiresAt === undefined ? null : new Date(expiresAt);
      return { ttl, owner, value: JSON.stringify(value), until, entry };
    });
    return isWritten ? { outcome: "written", version } : { outcome: "conflict" };
  }

  /** Marks it first, with a version: a deletion that was not answered could not be told from another's. */
  async delete(command: Command<"deleteRecord">, latest: number): Promise<RecordDeleted> {
    const { kind, key, expect } = command;
    const mark = String(newVersion());
    let before: Kept | undefined;
    const isDeleted = await this.replaced(command, expect, mark, latest, async (kept) => {
      before = kept;
      return { ttl: MARK_KEPT_S, owner: text(kept?.row.owner), value: null, until: null, entry: null };
    });
    if (!isDeleted) return { outcome: "conflict" };
    await this.tidied({ kind, key }, mark, before?.row);
    return { outcome: "deleted" };
  }

  /**
   * Replaces a row if it is as expected. An attempt that was not answered is settled by reading, since a row names its
   * last writes.
   */
  private async replaced(
    { kind, key }: Key,
    expect: "absent" | number,
    version: string,
    latest: number,
    cellsAfter: (kept: Kept | undefined) => Promise<Cells>,
  ): Promise<boolean> {
    const rounds = new Rounds(this.session, latest);
    let [undecided, settled] = [false, false];
    while (await rounds.begin()) {
      const read = () => this.read({ kind, key }, settled);
      const kept = await (undecided ? settledBy(read) : read());
      if (kept && isBy(version, kept)) return true;
      if (!this.isExpected(kept, expect)) {
        // Before anyone is told so, what there is must be certain.
        if (settled) return false;
        settled = true;
        continue;
      }
      const { ttl, owner, value, until, entry } = await cellsAfter(kept);
      if (!rounds.mayTry(undecided)) break;
      const cells = [ttl, owner, value, version, earlierVersions(kept), until, entry];
      const values = [...cells, kind, key, kept?.version ?? null];
      const attempt = () => this.session.attempt(REPLACE, values, rounds.again);
      const answer = await (undecided ? settledBy(attempt) : attempt());
      if (answer?.["[applied]"] === true) return true;
      if (!answer) undecided = true;
      settled = true;
    }
    throw rounds.end(undecided);
  }

  /** @returns the name of an entry that lasts as long as the record */
  private async entered(
    { kind, key, owner, expiresAt }: Command<"putRecord">,
    kept: Kept | undefined,
    ttl: number,
  ): Promise<string> {
    const entry = optionalText(kept?.row.entry);
    // Entries of earlier writes expire.
    const lasts =
      kept !== undefined &&
      this.isValid(kept) &&
      (kept.expiresAt === undefined || (expiresAt !== undefined && expiresAt <= kept.expiresAt));
    if (entry !== undefined && lasts && optionalText(kept?.row.owner) === owner) return entry;
    const name = newWriteId();
    await this.session.write(ENTER_RECORD, [kind, owner, key, name, ttl]);
    return name;
  }

  /** What is left of a deleted record. Without this it expires, or does no harm. */
  private async tidied({ kind, key }: Key, mark: string, before: Row | undefined): Promise<void> {
    try {
      await this.session.attempt(DELETE, [kind, key, mark]);
      if (before) await this.session.write(LEAVE, [kind, text(before.owner), key, text(before.entry)]);
    } catch (error) {
      if (!(error instanceof TodosError)) throw error;
      this.log.warn("part of a deleted record was left behind; readers skip it", { error });
    }
  }

  private async valid<K extends RecordKind>(
    kind: K,
    owner: string,
    keys: readonly string[],
  ): Promise<StoredRecord<Records[K]>[]> {
    const found = new Map<string, StoredRecord<Records[K]>>();
    await boundedly(keys, READ_AT_ONCE, async (key) => {
      const record = await this.find(kind, key);
      if (record?.owner === owner) found.set(key, record);
    });
    return keys.flatMap((key) => found.get(key) ?? []);
  }

  private entries(
    kind: RecordKind,
    owner: string,
    after: string | undefined,
    limit: number,
  ): Promise<readonly Row[]> {
    return after === undefined
      ? this.session.rowsUpTo(FIRST_ENTRIES, [kind, owner, limit], limit)
      : this.session.rowsUpTo(ENTRIES_AFTER, [kind, owner, after, limit], limit);
  }

  /** Settled: as it is once every transaction in progress has been decided. */
  private async read({ kind, key }: Key, settled: boolean): Promise<Kept | undefined> {
    const row = await this.session.row(SELECT, [kind, key], settled ? this.session.serialRead : undefined);
    const version = optionalText(row?.version);
    if (!row || version === undefined) return undefined;
    return { row, version, expiresAt: row.expires_at === null ? undefined : row.expires_at.getTime() };
  }

  private isExpected(kept: Kept | undefined, expect: "absent" | number): boolean {
    const valid = kept !== undefined && this.isValid(kept);
    return expect === "absent" ? !valid : valid && kept.version === String(expect);
  }

  private isValid({ row, expiresAt }: Kept): boolean {
    if (row.value === null) return false;
    return expiresAt === undefined || expiresAt > this.clock.now();
  }
}

/** How long a cluster keeps a record, s; 0: forever. */
export function secondsKept(expiresAt: number | undefined, now: number): number {
  if (expiresAt === undefined) return 0;
  const seconds = Math.ceil(Math.max(0, expiresAt - now) / 1_000) + KEPT_AFTER_S;
  return seconds > COUNTED_S_MAX ? 0 : seconds;
}

function recordOf<T>({ row, version, expiresAt }: Kept): StoredRecord<T> {
  return {
    key: text(row.key),
    owner: text(row.owner),
    value: JSON.parse(text(row.value)),
    version: Number(version),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

function newVersion(): number {
  return 1 + Math.floor(Math.random() * VERSIONS);
}

/** Whether one of the last writes was that one. */
function isBy(version: string, { version: last, row }: Kept): boolean {
  return version === last || earlierOf(row).includes(version);
}

function earlierVersions(kept: Kept | undefined): string {
  return (kept ? [kept.version, ...earlierOf(kept.row)] : []).slice(0, EARLIER_WRITE_IDS_MAX).join(" ");
}

function earlierOf({ earlier_versions }: Row): readonly string[] {
  return (optionalText(earlier_versions) ?? "").split(" ").filter((version) => version !== "");
}

function nextOf(place: string | undefined): { next?: string } {
  return place === undefined ? {} : { next: place };
}
