import type {
  ChangeFeed,
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
import { StoreOpenError } from "../../application/store-open-error.ts";
import type { Checklist, ChecklistChange } from "../../domain/checklist.ts";
import { TodosError } from "../../domain/errors.ts";
import type { Task, TaskEdit, TaskFilter } from "../../domain/task.ts";
import type { Guard } from "../../domain/version.ts";
import { CassandraChecklists } from "./checklists.ts";
import { copyProblem } from "./copying/refusal.ts";
import { unavailable } from "./failures.ts";
import { CassandraFeed } from "./feed/feed.ts";
import { CassandraKeys } from "./idempotency.ts";
import { Purge } from "./purge.ts";
import { text } from "./rows.ts";
import { schemaProblem } from "./schema/status.ts";
import { Session } from "./session.ts";
import { type CassandraSettings, OPERATION_DEADLINE_MS } from "./settings.ts";
import { Sweeper } from "./sweeper.ts";
import { CassandraTasks } from "./tasks.ts";

export interface CassandraStoreOptions {
  readonly settings: CassandraSettings;
  readonly log: Log;
  readonly meter: Meter;
  readonly clock: Clock;
}

/** By whom, the key tells. */
const MADE_BEFORE = { outcome: "created", by: null } as const;

/** @throws StoreOpenError where the schema is not this binary's, and what the driver throws where it can't connect */
export async function openCassandraStore(options: CassandraStoreOptions): Promise<CassandraStore> {
  const { settings, meter } = options;
  const session = await Session.connect(settings, (event) => {
    if (event === "throttled") meter.statementThrottled();
    else meter.statementSent(event);
  });
  try {
    const { keyspace } = settings;
    const problem = (await schemaProblem(session, keyspace)) ?? (await copyProblem(session, keyspace));
    if (problem !== undefined) throw new StoreOpenError(problem);
    const epoch = await session.row("SELECT value FROM meta WHERE key = 'epoch'", []);
    return new CassandraStore(session, text(epoch?.value), options);
  } catch (error) {
    await session.close();
    throw error;
  }
}

export class CassandraStore implements Store {
  readonly kind = "cassandra";
  readonly checklistOrder = "token";
  readonly durability = "on a quorum of the local data centre's nodes before the answer (LOCAL_QUORUM)";
  private readonly checklists: CassandraChecklists;
  private readonly tasks: CassandraTasks;
  private readonly keys: CassandraKeys;
  private readonly purge: Purge;
  private readonly sweeper: Sweeper;

  constructor(
    private readonly session: Session,
    readonly epoch: string,
    private readonly options: CassandraStoreOptions,
  ) {
    this.keys = new CassandraKeys(session);
    this.purge = new Purge(session, this.keys, options.log, options.clock);
    this.checklists = new CassandraChecklists(session, this.purge, options.log);
    this.sweeper = new Sweeper(session, options.log);
    this.tasks = new CassandraTasks(session, this.checklists, this.keys, options, this.sweeper);
  }

  /** The feed of all instances on this keyspace; to be closed before the store. */
  feed(): ChangeFeed {
    const { log: logger, clock } = this.options;
    return new CassandraFeed({ session: this.session, epoch: this.epoch, logger, clock });
  }

  findChecklist(id: string): Promise<Checklist | undefined> {
    return this.timedRead("findChecklist", () => this.checklists.find(id));
  }

  listChecklists(after: string | undefined, limit: number): Promise<Slice<Checklist>> {
    return this.timedRead("listChecklists", () => this.checklists.list(after, limit));
  }

  createChecklist(row: Checklist, receipt?: Receipt): Promise<Created> {
    return this.timed("createChecklist", async (latest) => {
      // The marked row of a deleted list outlives its key, so that this inserts nothing where it was made before.
      const created = await this.checklists.create(row, latest);
      if (!receipt) return created;
      return this.keys.answered(receipt, { by: receipt.owner, takeBack: async () => {} }, latest);
    });
  }

  changeChecklist(
    id: string,
    change: ChecklistChange,
    guard: Guard,
    now: number,
  ): Promise<Written<Checklist>> {
    return this.timed("changeChecklist", (latest) => this.checklists.change(id, change, guard, now, latest));
  }

  deleteChecklist(id: string, guard: Guard): Promise<Written<undefined>> {
    return this.timed("deleteChecklist", (latest) =>
      this.checklists.remove(id, guard, this.options.clock.now(), latest),
    );
  }

  findTask(checklistId: string, id: string): Promise<Task | undefined> {
    return this.timedRead("findTask", () => this.tasks.find(checklistId, id));
  }

  listTasks(
    checklistId: string,
    filter: TaskFilter,
    after: string | undefined,
    limit: number,
  ): Promise<Slice<Task> | undefined> {
    return this.timedRead("listTasks", () => this.tasks.list(checklistId, filter, after, limit));
  }

  createTask(row: Task, receipt?: Receipt): Promise<Created> {
    return this.timed("createTask", async (latest) => {
      const made = receipt?.made ? MADE_BEFORE : await this.tasks.create(row, latest, receipt);
      if (made.outcome === "missing") return made;
      if (!receipt) return { outcome: "created" };
      const takeBack = (by: string) => this.tasks.takeBack(row, receipt, by);
      return this.keys.answered(receipt, { by: made.by, takeBack }, latest);
    });
  }

  changeTask(
    checklistId: string,
    id: string,
    edit: TaskEdit,
    guard: Guard,
    now: number,
  ): Promise<Written<Task>> {
    return this.timed("changeTask", (latest) => this.tasks.change(checklistId, id, edit, guard, now, latest));
  }

  deleteTask(checklistId: string, id: string, guard: Guard): Promise<Written<undefined>> {
    return this.timed("deleteTask", (latest) =>
      this.tasks.remove(checklistId, id, guard, this.options.clock.now(), latest),
    );
  }

  claimKey(request: IdempotencyRequest, id: string, now: number): Promise<Claim> {
    return this.timed("claimKey", () => this.keys.claim(request, id, now));
  }

  releaseKey(request: IdempotencyRequest, owner: string): Promise<void> {
    return this.timed("releaseKey", () => this.keys.release(request, owner));
  }

  async check(): Promise<void> {
    await this.timedRead("check", () => this.session.row("SELECT value FROM meta WHERE key = 'epoch'", []));
  }

  async close(): Promise<void> {
    await Promise.all([this.purge.close(), this.sweeper.close()]);
    await this.session.close();
  }

  private timedRead<T>(operation: string, run: () => Promise<T>): Promise<T> {
    return this.timed(operation, run, "not done");
  }

  /** @param late what is known where there is no answer in time */
  private async timed<T>(
    operation: string,
    run: (latest: number) => Promise<T>,
    late: "not done" | "unknown" = "unknown",
  ): Promise<T> {
    const startedAt = performance.now();
    const seconds = () => (performance.now() - startedAt) / 1_000;
    try {
      const result = await inTime(run(startedAt + OPERATION_DEADLINE_MS), late);
      this.options.meter.storeOperated(operation, "success", seconds());
      return result;
    } catch (error) {
      const ours = error instanceof TodosError && error.code !== "store-unavailable";
      this.options.meter.storeOperated(operation, ours ? "success" : "error", seconds());
      throw error;
    }
  }
}

/** The answer, or that there is none in time: what is under way then comes to its end unseen. */
async function inTime<T>(operation: Promise<T>, known: "not done" | "unknown"): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unavailable(undefined, known)), OPERATION_DEADLINE_MS);
  });
  try {
    return await Promise.race([operation, late]);
  } finally {
    clearTimeout(timer);
  }
}
