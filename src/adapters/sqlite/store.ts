import type { Statement } from "bun:sqlite";
import type { Command, WriteAnswer, WriteName } from "../../application/commands.ts";
import type {
  Awaitable,
  Claim,
  Clock,
  IdempotencyRequest,
  Log,
  Meter,
  Receipt,
} from "../../application/ports.ts";
import type { CoreReadName, Query, ReadAnswer, ReadName } from "../../application/queries.ts";
import { CoreReader, type Store } from "../../application/store.ts";
import { TodosError } from "../../domain/errors.ts";
import { Agenda } from "./agenda.ts";
import { Connection, openReader } from "./connection.ts";
import { refuseUnfinishedCopy } from "./copying/refusal.ts";
import { Examination } from "./examination.ts";
import { Leases } from "./leases.ts";
import { MemberReader } from "./members.ts";
import { allReaders, type LoadParts, type Readers } from "./part.ts";
import { placeForStore, placeOfStore } from "./place.ts";
import { openMigrated, withReader } from "./prepare.ts";
import { Reader } from "./reader.ts";
import { RecordReader } from "./records.ts";
import { RightsReader } from "./rights.ts";
import { type ServeLock, takeServeLock } from "./serve-lock.ts";
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
  /** Of resources with tables of their own; by default there are none. The writer's thread loads them, too. */
  readonly loadParts?: LoadParts;
  /** Starts the writer's thread. */
  readonly spawn: () => Worker;
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
    });
    const examination = new Examination(path, queue, options.spawn);
    return new OpenStore(
      path,
      connection,
      queue,
      lock,
      examination,
      options.clock,
      options.loadParts ?? noParts,
    );
  } catch (error) {
    lock.abandon();
    throw error;
  }
}

function openReadOnly({ path, clock, loadParts = noParts }: SqliteStoreOptions): SqliteStore {
  const place = placeOfStore(path);
  withReader(place, () => undefined);
  return new OpenStore(
    place,
    new Connection(openReader(place)),
    undefined,
    undefined,
    undefined,
    clock,
    loadParts,
  );
}

const noParts: LoadParts = async () => [];

class OpenStore extends CoreReader implements SqliteStore {
  readonly kind = "sqlite";
  readonly checklistOrder = "id";
  readonly epoch: string;
  readonly durability = "on this machine's disk before the answer (fsync of every commit)";
  readonly readOnly: boolean;
  readonly #reader: Reader;
  readonly #agenda: Agenda;
  readonly #leases = new Leases();
  readonly #tidying: ReturnType<typeof setInterval> | undefined;
  /** Absent until somebody asks for the mark. */
  #rights: RightsReader | undefined;
  /** A row was looked for since somebody took the mark. */
  #hasRead = false;
  #begin: Statement | undefined;
  #end: Statement | undefined;
  #preparedTrash: TrashReader | undefined;
  #preparedMembers: MemberReader | undefined;
  #preparedRecords: RecordReader | undefined;
  #parts: Promise<void> | undefined;
  #reads: Readers;
  readonly #core: Readers<CoreReadName> = {
    findChecklist: ({ id }) => {
      const row = this.#reader.findChecklist(id);
      this.#hasRead = true;
      return row;
    },
    listChecklists: ({ after, limit }) => this.#reader.listChecklists(after, limit),
    findTask: ({ checklistId, id }) => {
      const row = this.#reader.findTask(checklistId, id);
      this.#hasRead = true;
      return row;
    },
    listTasks: ({ checklistId, filter, after, limit }) =>
      this.#reader.listTasks(checklistId, filter, after, limit),
    searchTasks: ({ part, limit }) => this.#reader.searchTasks(part, limit),
    listDue: ({ due, limit }) => this.#agenda.page(due, limit),
    findTrashedChecklist: ({ id }) => this.#trash.findChecklist(id),
    listTrashedChecklists: ({ after, limit, owner }) => this.#trash.listChecklists(after, limit, owner),
    findTrashedTask: ({ checklistId, id }) => this.#trash.findTask(checklistId, id),
    listTrashedTasks: ({ checklistId, after, limit }) => this.#trash.listTasks(checklistId, after, limit),
    roleOn: ({ checklistId, userId }) => this.#members.roleOn(checklistId, userId),
    // Of a list that is gone nothing is left.
    lastRoleOn: ({ checklistId, userId }) => this.#members.roleOn(checklistId, userId),
    listChecklistsOf: ({ userId, after, limit }) => this.#members.lists(userId, after, limit),
    listMembers: ({ checklistId }) => this.#members.members(checklistId),
    findRecord: ({ kind, key }) => this.#records.find(kind, key, this.clock.now()),
    listRecords: ({ kind, owner, after, limit }) =>
      this.#records.list(kind, owner, after, limit, this.clock.now()),
  };
  #closed: Promise<void> | undefined;

  constructor(
    readonly path: string,
    readonly connection: Connection,
    readonly queue: WriteQueue | undefined,
    readonly lock: ServeLock | undefined,
    readonly examination: Examination | undefined,
    readonly clock: Clock,
    readonly loadParts: LoadParts,
  ) {
    super();
    this.readOnly = queue === undefined;
    this.#reader = new Reader(connection);
    this.#agenda = new Agenda(connection, () => this.#members);
    this.#reads = allReaders(this.#core, [], connection);
    this.epoch = this.#reader.epoch();
    this.#tidying = queue && setInterval(() => queue.tidy(), TIDY_EVERY_MS);
    this.#tidying?.unref();
  }

  read<N extends ReadName>(query: Query<N>): Awaitable<ReadAnswer<N>> {
    try {
      if (!(query.op in this.#reads)) return this.#addParts().then(() => this.#known(query));
      const answer = this.#reads[query.op](query);
      if (!(answer instanceof Promise)) return answer;
      return answer.catch((error: unknown) => {
        throw this.#unread(error);
      });
    } catch (error) {
      throw this.#unread(error);
    }
  }

  #known<N extends ReadName>(query: Query<N>): Awaitable<ReadAnswer<N>> {
    if (query.op in this.#reads) return this.read(query);
    throw new Error(`no part of the store can ${query.op}`);
  }

  /** With the first read that the store itself does not know: a start should not pay for it. */
  #addParts(): Promise<void> {
    this.#parts ??= this.loadParts().then((parts) => {
      this.#reads = allReaders(this.#core, parts, this.connection);
    });
    return this.#parts;
  }

  get #members(): MemberReader {
    this.#preparedMembers ??= new MemberReader(this.connection);
    return this.#preparedMembers;
  }

  get #records(): RecordReader {
    this.#preparedRecords ??= new RecordReader(this.connection);
    return this.#preparedRecords;
  }

  get #trash(): TrashReader {
    this.#preparedTrash ??= new TrashReader(this.connection);
    return this.#preparedTrash;
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

  rightsMark(): number {
    try {
      this.#rights ??= new RightsReader(this.connection);
      return this.#rights.mark();
    } catch (error) {
      throw this.#unread(error);
    }
  }

  takeMarkRead(): number | undefined {
    if (!this.#hasRead) return undefined;
    this.#hasRead = false;
    return this.#rights?.markOfLastRead();
  }

  /** One transaction: it takes the file's lock once for all reads, and looks once whether others have written. */
  together<T>(work: () => T): T {
    this.#begin ??= this.connection.prepare("BEGIN");
    this.#end ??= this.connection.prepare("COMMIT");
    this.#begin.run();
    try {
      return work();
    } finally {
      // After some errors SQLite has already ended it.
      if (this.connection.db.inTransaction) this.#end.run();
    }
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
