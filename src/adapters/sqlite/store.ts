import type { RecordKind, Records, StoredRecord } from "../../application/accounts/records.ts";
import type { DueQuery, DueSlice } from "../../application/agenda.ts";
import type { Command, WriteAnswer, WriteName } from "../../application/commands.ts";
import type {
  Awaitable,
  Claim,
  Clock,
  IdempotencyRequest,
  Log,
  Meter,
  Receipt,
  Slice,
} from "../../application/ports.ts";
import type { Found, SearchPart } from "../../application/search.ts";
import type { Store } from "../../application/store.ts";
import type { Role } from "../../domain/access.ts";
import type { Checklist } from "../../domain/checklist.ts";
import { TodosError } from "../../domain/errors.ts";
import type { ChecklistOf, Member } from "../../domain/membership.ts";
import type { Task, TaskFilter } from "../../domain/task.ts";
import type { Trashed } from "../../domain/trash.ts";
import { Agenda } from "./agenda.ts";
import { Connection, openReader } from "./connection.ts";
import { refuseUnfinishedCopy } from "./copying/refusal.ts";
import { Examination } from "./examination.ts";
import { Leases } from "./leases.ts";
import { MemberReader } from "./members.ts";
import { placeForStore, placeOfStore } from "./place.ts";
import { openMigrated, withReader } from "./prepare.ts";
import { Reader } from "./reader.ts";
import { RecordReader } from "./records.ts";
import { type ServeLock, takeServeLock } from "./serve-lock.ts";
import { spawnWriter } from "./spawn-writer.ts";
import { failureOf, isDamage, readError } from "./sqlite-errors.ts";
import { TrashReader } from "./trash.ts";
import { WriteQueue } from "./write-queue.ts";

/** How often to look for expired idempotency keys, ms. */
const TIDY_EVERY_MS = 60_000;

export interface SqliteStoreOptions {
  readonly path: string;
  /** Read-only: no lock, no migration, no writer; the file must exist with the current schema. */
  readonly readOnly?: boolean;
  readonly log: Log;
  readonly meter: Meter;
  readonly clock: Clock;
  /** Starts the writer's thread; for tests of its end. */
  readonly spawn?: () => Worker;
}

export interface SqliteStore extends Store {
  readonly kind: "sqlite";
  /** Absolute, without symbolic links. */
  readonly path: string;
  readonly readOnly: boolean;
}

/**
 * Opens the store in a file, and creates or migrates it first if needed. Reads work when this resolves; the writer's
 * thread starts in the background, and writes are accepted at once.
 * @throws StoreOpenError with one sentence for the operator
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  if (options.readOnly) return openReadOnly(options);
  const path = placeForStore(options.path);
  const lock = takeServeLock(path);
  try {
    const connection = new Connection(openMigrated(path, options.clock.now()));
    refuseUnfinishedCopy(connection, path);
    const queue = new WriteQueue({
      ...options,
      path,
      identity: lock.identity,
      spawn: options.spawn ?? spawnWriter,
    });
    const examination = new Examination(path, queue, options.spawn ?? spawnWriter);
    return new OpenStore(path, connection, queue, lock, examination, options.clock);
  } catch (error) {
    lock.abandon();
    throw error;
  }
}

function openReadOnly({ path, clock }: SqliteStoreOptions): SqliteStore {
  const place = placeOfStore(path);
  withReader(place, () => undefined);
  return new OpenStore(place, new Connection(openReader(place)), undefined, undefined, undefined, clock);
}

class OpenStore implements SqliteStore {
  readonly kind = "sqlite";
  readonly checklistOrder = "id";
  readonly epoch: string;
  readonly durability = "on this machine's disk before the answer (fsync of every commit)";
  readonly readOnly: boolean;
  readonly #reader: Reader;
  readonly #agenda: Agenda;
  readonly #leases = new Leases();
  readonly #tidying: ReturnType<typeof setInterval> | undefined;
  #preparedTrash: TrashReader | undefined;
  #preparedMembers: MemberReader | undefined;
  #preparedRecords: RecordReader | undefined;
  #closed: Promise<void> | undefined;

  constructor(
    readonly path: string,
    readonly connection: Connection,
    readonly queue: WriteQueue | undefined,
    readonly lock: ServeLock | undefined,
    readonly examination: Examination | undefined,
    readonly clock: Clock,
  ) {
    this.readOnly = queue === undefined;
    this.#reader = new Reader(connection);
    this.#agenda = new Agenda(connection, () => this.#members);
    this.epoch = this.#reader.epoch();
    this.#tidying = queue && setInterval(() => queue.tidy(), TIDY_EVERY_MS);
    this.#tidying?.unref();
  }

  findChecklist(id: string): Checklist | undefined {
    try {
      return this.#reader.findChecklist(id);
    } catch (error) {
      throw this.#unread(error);
    }
  }

  listChecklists(after: string | undefined, limit: number): Slice<Checklist> {
    try {
      return this.#reader.listChecklists(after, limit);
    } catch (error) {
      throw this.#unread(error);
    }
  }

  findTask(checklistId: string, id: string): Task | undefined {
    try {
      return this.#reader.findTask(checklistId, id);
    } catch (error) {
      throw this.#unread(error);
    }
  }

  listTasks(
    checklistId: string,
    filter: TaskFilter,
    after: string | undefined,
    limit: number,
  ): Awaitable<Slice<Task> | undefined> {
    try {
      const slice = this.#reader.listTasks(checklistId, filter, after, limit);
      if (!(slice instanceof Promise)) return slice;
      return slice.catch((error: unknown) => {
        throw this.#unread(error);
      });
    } catch (error) {
      throw this.#unread(error);
    }
  }

  searchTasks(part: SearchPart, limit: number): Awaitable<Found | undefined> {
    try {
      return this.#reader.searchTasks(part, limit)?.catch((error: unknown) => {
        throw this.#unread(error);
      });
    } catch (error) {
      throw this.#unread(error);
    }
  }

  listDue(query: DueQuery, limit: number): DueSlice | undefined {
    try {
      return this.#agenda.page(query, limit);
    } catch (error) {
      throw this.#unread(error);
    }
  }

  findTrashedChecklist(id: string): Trashed<Checklist> | undefined {
    return this.#fromTrash((trash) => trash.findChecklist(id));
  }

  listTrashedChecklists(after: string | undefined, limit: number, owner?: string): Slice<Trashed<Checklist>> {
    return this.#fromTrash((trash) => trash.listChecklists(after, limit, owner));
  }

  findTrashedTask(checklistId: string, id: string): Trashed<Task> | undefined {
    return this.#fromTrash((trash) => trash.findTask(checklistId, id));
  }

  listTrashedTasks(
    checklistId: string,
    after: string | undefined,
    limit: number,
  ): Slice<Trashed<Task>> | undefined {
    return this.#fromTrash((trash) => trash.listTasks(checklistId, after, limit));
  }

  roleOn(checklistId: string, userId: string): Role | undefined {
    return this.#fromMembers((members) => members.roleOn(checklistId, userId));
  }

  listChecklistsOf(userId: string, after: string | undefined, limit: number): Slice<ChecklistOf> {
    return this.#fromMembers((members) => members.lists(userId, after, limit));
  }

  listMembers(checklistId: string): readonly Member[] | undefined {
    return this.#fromMembers((members) => members.members(checklistId));
  }

  get #members(): MemberReader {
    this.#preparedMembers ??= new MemberReader(this.connection);
    return this.#preparedMembers;
  }

  #fromMembers<T>(read: (members: MemberReader) => T): T {
    try {
      return read(this.#members);
    } catch (error) {
      throw this.#unread(error);
    }
  }

  findRecord<K extends RecordKind>(kind: K, key: string): StoredRecord<Records[K]> | undefined {
    return this.#fromRecords((records) => records.find(kind, key, this.clock.now()));
  }

  listRecords<K extends RecordKind>(
    kind: K,
    owner: string,
    after: string | undefined,
    limit: number,
  ): Slice<StoredRecord<Records[K]>> {
    return this.#fromRecords((records) => records.list(kind, owner, after, limit, this.clock.now()));
  }

  #fromRecords<T>(read: (records: RecordReader) => T): T {
    try {
      this.#preparedRecords ??= new RecordReader(this.connection);
      return read(this.#preparedRecords);
    } catch (error) {
      throw this.#unread(error);
    }
  }

  #fromTrash<T>(read: (trash: TrashReader) => T): T {
    try {
      this.#preparedTrash ??= new TrashReader(this.connection);
      return read(this.#preparedTrash);
    } catch (error) {
      throw this.#unread(error);
    }
  }

  write<N extends WriteName>(command: Command<N>): Promise<WriteAnswer<N>> {
    if (!this.queue)
      return Promise.reject(new TodosError("read-only", "The store is open for reading only."));
    const written = this.queue.submit(command);
    const receipt = "receipt" in command ? command.receipt : undefined;
    return receipt ? this.#releaseAfter(written, receipt) : written;
  }

  claimKey(request: IdempotencyRequest, id: string, now: number): Claim {
    const kept = this.#kept(request, now);
    if (!kept) return this.#leases.claim(request, id, now);
    if (kept.fingerprint !== request.fingerprint) return { outcome: "other-body" };
    return { outcome: "answered", answer: kept.answer };
  }

  releaseKey(request: IdempotencyRequest, owner: string): void {
    this.#leases.release(request, owner);
  }

  async check(): Promise<void> {
    try {
      this.#reader.epoch();
    } catch (error) {
      throw this.#unread(error);
    }
    await this.queue?.check();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearInterval(this.#tidying);
    await this.examination?.close();
    // The writer closes after the reader: the last connection checkpoints the log into the file.
    await this.queue?.drain();
    this.connection.close();
    await this.queue?.close();
    this.lock?.release();
  }

  #kept({ scope, key }: IdempotencyRequest, now: number) {
    try {
      return this.#reader.findReceipt(scope, key, now);
    } catch (error) {
      throw this.#unread(error);
    }
  }

  async #releaseAfter<A extends WriteAnswer>(written: Promise<A>, receipt: Receipt): Promise<A> {
    const answer = await written;
    if (answer.outcome !== "missing") this.#leases.release(receipt, receipt.owner);
    return answer;
  }

  /** The error to throw for a failed read; damage is remembered. */
  #unread(error: unknown): unknown {
    const failure = failureOf(error);
    if (isDamage(failure)) this.queue?.damaged(failure);
    return readError(error);
  }
}
