import { TodosError } from "../../domain/errors.ts";
import { ANYONE } from "../caller.ts";
import { deleteRecord, putRecord } from "../commands.ts";
import type { Awaitable } from "../ports.ts";
import type { Store } from "../store.ts";
import type { RecordKind, RecordPut, Records, StoredRecord } from "./records.ts";

/** The store's operations on records. */
export type RecordStore = Pick<Store, "findRecord" | "listRecords" | "write">;

/** How often a change is tried again because somebody else changed the record at the same time. */
const ATTEMPTS_MAX = 16;
const ROWS_PER_READ = 200;
/** Most records of one kind that one owner may have; nobody has so many. */
const RECORDS_MAX = 100_000;

interface NewRecord<K extends RecordKind> {
  readonly key: string;
  readonly owner: string;
  readonly value: Records[K];
  readonly expiresAt?: number | undefined;
}

/** Records of accounts, as use cases work with them. */
export class Book {
  private written = 0;

  constructor(private readonly store: RecordStore) {}

  /** Differs once what somebody may do may have been changed here: it counts before such a write, and after it. */
  get changes(): number {
    return this.written;
  }

  find<K extends RecordKind>(kind: K, key: string): Awaitable<StoredRecord<Records[K]> | undefined> {
    return this.store.findRecord(kind, key);
  }

  /** @returns whether there was none */
  async add<K extends RecordKind>(kind: K, record: NewRecord<K>): Promise<boolean> {
    return (await this.put(kind, record, "absent")) !== undefined;
  }

  /** @returns the record as it is now, or undefined if it was changed meanwhile */
  async replace<K extends RecordKind>(
    kind: K,
    { key, owner, version, expiresAt }: StoredRecord<Records[K]>,
    value: Records[K],
    newExpiry: number | undefined = expiresAt,
  ): Promise<StoredRecord<Records[K]> | undefined> {
    return this.counted(() => this.put(kind, { key, owner, value, expiresAt: newExpiry }, version));
  }

  /** Notes that it was used, which changes nothing else. */
  async note<K extends "session" | "token">(
    kind: K,
    { key, owner, version, expiresAt }: StoredRecord<Records[K]>,
    value: Records[K],
    newExpiry: number | undefined = expiresAt,
  ): Promise<void> {
    await this.put(kind, { key, owner, value, expiresAt: newExpiry }, version);
  }

  /**
   * Changes the value as it is at that moment.
   * @param edit returns undefined to leave it as it is
   * @returns what is stored then, or undefined if there is none
   */
  async change<K extends RecordKind>(
    kind: K,
    key: string,
    edit: (value: Records[K]) => Records[K] | undefined,
  ): Promise<StoredRecord<Records[K]> | undefined> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const found = await this.find(kind, key);
      const value = found && edit(found.value);
      if (!found || value === undefined) return found;
      const written = await this.replace(kind, found, value);
      if (written) return written;
    }
    throw new TodosError("overloaded", "Others keep changing it; nothing was changed.", { retryAfterS: 1 });
  }

  /** @returns whether it was this call that removed it */
  async remove(
    kind: RecordKind,
    { key, version }: Pick<StoredRecord<unknown>, "key" | "version">,
  ): Promise<boolean> {
    const removal = deleteRecord(ANYONE, { kind, key, expect: version });
    const { outcome } = await this.counted(() => this.store.write(removal));
    return outcome === "deleted";
  }

  /** Those of one owner, in order of key. */
  async all<K extends RecordKind>(kind: K, owner: string): Promise<readonly StoredRecord<Records[K]>[]> {
    const rows: StoredRecord<Records[K]>[] = [];
    for (let after: string | undefined; rows.length < RECORDS_MAX; ) {
      const slice = await this.store.listRecords(kind, owner, after, ROWS_PER_READ);
      rows.push(...slice.items);
      if (slice.next === undefined) break;
      after = slice.next;
    }
    return rows;
  }

  list<K extends RecordKind>(kind: K, owner: string, after: string | undefined, limit: number) {
    return this.store.listRecords(kind, owner, after, limit);
  }

  /** Removes all of one owner's, whatever others do to them meanwhile, except that with the key `but`. */
  async removeAll(kind: RecordKind, owner: string, but?: string): Promise<void> {
    for (const { key } of await this.all(kind, owner)) {
      for (let attempt = 0; key !== but && attempt < ATTEMPTS_MAX; attempt++) {
        const found = await this.find(kind, key);
        if (!found || (await this.remove(kind, found))) break;
      }
    }
  }

  private async counted<T>(write: () => Promise<T>): Promise<T> {
    this.written++;
    try {
      return await write();
    } finally {
      this.written++;
    }
  }

  private async put<K extends RecordKind>(
    kind: K,
    { key, owner, value, expiresAt }: NewRecord<K>,
    expect: "absent" | number,
  ): Promise<StoredRecord<Records[K]> | undefined> {
    const expiry = expiresAt === undefined ? {} : { expiresAt };
    // Kind and value belong together, which the types of a union can't say.
    const put = { kind, key, owner, value, expect, ...expiry } as unknown as RecordPut;
    const written = await this.store.write(putRecord(ANYONE, put));
    if (written.outcome === "conflict") return undefined;
    return { key, owner, value, version: written.version, ...expiry };
  }
}
