import type {
  Claim,
  Clock,
  Created,
  IdempotencyRequest,
  Log,
  Meter,
  Receipt,
  Slice,
  Store,
  Written,
} from "../../application/ports.ts";
import type { Checklist, ChecklistChange } from "../../domain/checklist.ts";
import { TodosError } from "../../domain/errors.ts";
import type { Task, TaskEdit, TaskFilter } from "../../domain/task.ts";
import type { Guard } from "../../domain/version.ts";
import { Connection, openReader } from "./connection.ts";
import { refuseUnfinishedCopy } from "./copying/refusal.ts";
import { Examination } from "./examination.ts";
import { Leases } from "./leases.ts";
import { placeForStore, placeOfStore } from "./place.ts";
import { openMigrated, withReader } from "./prepare.ts";
import { Reader } from "./reader.ts";
import { type ServeLock, takeServeLock } from "./serve-lock.ts";
import { spawnWriter } from "./spawn-writer.ts";
import { failureOf, isDamage, readError } from "./sqlite-errors.ts";
import { WriteQueue } from "./write-queue.ts";
import type { Write, WriteAnswers } from "./writes.ts";

/** How often expired idempotency keys are looked for, ms. */
const TIDY_EVERY_MS = 60_000;

export interface SqliteStoreOptions {
  readonly path: string;
  /** Reads only: no lock, no migration, no writer; the file must be there with today's schema. */
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
 * Opens the store in a file, making or migrating it first where that is needed. Reads work when this
 * resolves; the writer's thread starts beside it and takes writes from the first moment.
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
    return new OpenStore(path, connection, options.meter, queue, lock, examination);
  } catch (error) {
    lock.abandon();
    throw error;
  }
}

function openReadOnly({ path, meter }: SqliteStoreOptions): SqliteStore {
  const place = placeOfStore(path);
  withReader(place, () => undefined);
  return new OpenStore(place, new Connection(openReader(place)), meter, undefined, undefined, undefined);
}

class OpenStore implements SqliteStore {
  readonly kind = "sqlite";
  readonly checklistOrder = "id";
  readonly epoch: string;
  readonly durability = "on this machine's disk before the answer (fsync of every commit)";
  readonly readOnly: boolean;
  readonly #reader: Reader;
  readonly #leases = new Leases();
  readonly #tidying: ReturnType<typeof setInterval> | undefined;
  #closed: Promise<void> | undefined;

  constructor(
    readonly path: string,
    readonly connection: Connection,
    readonly meter: Meter,
    readonly queue: WriteQueue | undefined,
    readonly lock: ServeLock | undefined,
    readonly examination: Examination | undefined,
  ) {
    this.readOnly = queue === undefined;
    this.#reader = new Reader(connection);
    this.epoch = this.#reader.epoch();
    this.#tidying = queue && setInterval(() => queue.tidy(), TIDY_EVERY_MS);
    this.#tidying?.unref();
  }

  findChecklist(id: string): Checklist | undefined {
    return this.#read("findChecklist", () => this.#reader.findChecklist(id));
  }

  listChecklists(after: string | undefined, limit: number): Slice<Checklist> {
    return this.#read("listChecklists", () => this.#reader.listChecklists(after, limit));
  }

  createChecklist(row: Checklist, receipt?: Receipt): Promise<Created> {
    return this.#create({ op: "createChecklist", row, ...(receipt && { receipt }) });
  }

  changeChecklist(
    id: string,
    change: ChecklistChange,
    guard: Guard,
    now: number,
  ): Promise<Written<Checklist>> {
    return this.#write({ op: "changeChecklist", id, change, guard, now });
  }

  deleteChecklist(id: string, guard: Guard): Promise<Written<undefined>> {
    return this.#write({ op: "deleteChecklist", id, guard });
  }

  findTask(checklistId: string, id: string): Task | undefined {
    return this.#read("findTask", () => this.#reader.findTask(checklistId, id));
  }

  listTasks(
    checklistId: string,
    filter: TaskFilter,
    after: string | undefined,
    limit: number,
  ): Slice<Task> | undefined {
    return this.#read("listTasks", () => this.#reader.listTasks(checklistId, filter, after, limit));
  }

  createTask(row: Task, receipt?: Receipt): Promise<Created> {
    return this.#create({ op: "createTask", row, ...(receipt && { receipt }) });
  }

  async changeTask(
    checklistId: string,
    id: string,
    edit: TaskEdit,
    guard: Guard,
    now: number,
  ): Promise<Written<Task>> {
    const { from, ...written } = await this.#write({ op: "changeTask", checklistId, id, edit, guard, now });
    if (written.outcome === "written" && from !== undefined && from !== written.row.status) {
      this.meter.taskMoved(from, written.row.status);
    }
    return written;
  }

  deleteTask(checklistId: string, id: string, guard: Guard): Promise<Written<undefined>> {
    return this.#write({ op: "deleteTask", checklistId, id, guard });
  }

  claimKey(request: IdempotencyRequest, id: string, now: number): Claim {
    const kept = this.#read("claimKey", () => this.#reader.findReceipt(request.scope, request.key, now));
    if (!kept) return this.#leases.claim(request, id, now);
    if (kept.fingerprint !== request.fingerprint) return { outcome: "other-body" };
    return { outcome: "answered", answer: kept.answer };
  }

  releaseKey(request: IdempotencyRequest, owner: string): void {
    this.#leases.release(request, owner);
  }

  async check(): Promise<void> {
    this.#read("check", () => this.#reader.epoch());
    await this.queue?.check();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearInterval(this.#tidying);
    await this.examination?.close();
    // The writer closes after the reader: the last connection to go folds the log into the file.
    await this.queue?.drain();
    this.connection.close();
    await this.queue?.close();
    this.lock?.release();
  }

  #create(write: Extract<Write, { receipt?: Receipt }>): Promise<Created> {
    return write.receipt ? this.#createOnce(write, write.receipt) : this.#write(write);
  }

  async #createOnce(write: Extract<Write, { receipt?: Receipt }>, receipt: Receipt): Promise<Created> {
    const created = await this.#write(write);
    if (created.outcome !== "missing") this.#leases.release(receipt, receipt.owner);
    return created;
  }

  #write<W extends Write>(write: W): Promise<WriteAnswers[W["op"]]> {
    if (!this.queue)
      return Promise.reject(new TodosError("read-only", "The store is open for reading only."));
    const startedAt = performance.now();
    return this.queue.submit(write).then(
      (answer) => {
        this.#operated(write.op, "success", startedAt);
        return answer;
      },
      (error) => {
        this.#operated(write.op, "error", startedAt);
        throw error;
      },
    );
  }

  #read<T>(operation: string, read: () => T): T {
    const startedAt = performance.now();
    try {
      const result = read();
      this.#operated(operation, "success", startedAt);
      return result;
    } catch (error) {
      this.#operated(operation, "error", startedAt);
      const failure = failureOf(error);
      if (isDamage(failure)) this.queue?.damaged(failure);
      throw readError(error);
    }
  }

  #operated(operation: string, outcome: "success" | "error", startedAt: number): void {
    this.meter.storeOperated(operation, outcome, (performance.now() - startedAt) / 1_000);
  }
}
