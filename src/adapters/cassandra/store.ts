import type { RecordKind, Records, StoredRecord } from "../../application/accounts/records.ts";
import type { DueQuery, DueSlice } from "../../application/agenda.ts";
import type { Command, WriteAnswer, WriteName } from "../../application/commands.ts";
import type {
  ChangeFeed,
  Claim,
  Clock,
  Created,
  IdempotencyRequest,
  Log,
  Meter,
  Slice,
} from "../../application/ports.ts";
import type { Found, SearchPart } from "../../application/search.ts";
import type { Store } from "../../application/store.ts";
import { StoreOpenError } from "../../application/store-open-error.ts";
import type { Role } from "../../domain/access.ts";
import type { Checklist } from "../../domain/checklist.ts";
import type { ChecklistOf, Member } from "../../domain/membership.ts";
import type { Task, TaskFilter } from "../../domain/task.ts";
import type { Trashed } from "../../domain/trash.ts";
import { Agenda } from "./agenda.ts";
import { CassandraChecklists } from "./checklists.ts";
import { copyProblem } from "./copying/refusal.ts";
import { DueCompletion } from "./due-completion.ts";
import { DueIndex } from "./due-index.ts";
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
import { TrashExpiry } from "./trash-expiry.ts";

export interface CassandraStoreOptions {
  readonly settings: CassandraSettings;
  readonly log: Log;
  readonly meter: Meter;
  readonly clock: Clock;
}

/** An earlier request created the row. The key says which one. */
const MADE_BEFORE = { outcome: "created", by: null } as const;

/** @throws StoreOpenError if the schema is not the one this binary needs; the driver's error if it can't connect */
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
  private readonly expiry: TrashExpiry;
  private readonly sweeper: Sweeper;
  private readonly dueCompletion: DueCompletion;
  private readonly agenda: Agenda;
  private readonly writes: Handlers = {
    createChecklist: (command, latest) => this.createChecklist(command, latest),
    changeChecklist: (command, latest) => this.checklists.change(command, latest),
    deleteChecklist: (command, latest) => this.checklists.remove(command, this.options.clock.now(), latest),
    createTask: (command, latest) => this.createTask(command, latest),
    changeTask: (command, latest) => this.tasks.change(command, latest),
    deleteTask: (command, latest) => this.tasks.remove(command, this.options.clock.now(), latest),
    restoreChecklist: (command, latest) => this.checklists.trashed.restore(command, latest),
    restoreTask: (command, latest) => this.tasks.trashed.restore(command, latest),
    discardChecklist: (command, latest) => this.checklists.trashed.discard(command, latest),
    discardTask: (command, latest) => this.tasks.trashed.discard(command, latest),
    setMember: () => noRecords(),
    setOwner: () => noRecords(),
    setDefaultOwner: () => noRecords(),
    putRecord: () => noRecords(),
    deleteRecord: () => noRecords(),
  };

  constructor(
    private readonly session: Session,
    readonly epoch: string,
    private readonly options: CassandraStoreOptions,
  ) {
    this.keys = new CassandraKeys(session);
    const due = new DueIndex(session, options.log);
    this.purge = new Purge(session, this.keys, due, options.log, options.clock);
    this.checklists = new CassandraChecklists(session, this.purge, options.clock, options.log);
    this.sweeper = new Sweeper(session, options.log);
    this.tasks = new CassandraTasks(
      session,
      this.checklists,
      this.keys,
      due,
      this.purge.moves,
      options.clock,
      options.log,
      this.sweeper,
    );
    this.dueCompletion = new DueCompletion(session, due, this.tasks.pages, options.log, options.clock);
    const { moves } = this.purge;
    const { checklists, dueCompletion } = this;
    const { series } = this.tasks;
    this.agenda = new Agenda(session, checklists, due, dueCompletion, moves.arrivals, series, options.clock);
    const { trashed: lists } = checklists;
    const { trashed: tasks } = this.tasks;
    this.expiry = new TrashExpiry(
      [
        { queue: lists.queue, expire: (record) => lists.expire(record) },
        { queue: tasks.queue, expire: (record) => tasks.expire(record) },
        { queue: moves.queue, expire: (record) => moves.settle(record, options.clock.now()) },
      ],
      options.clock,
      options.log,
    );
  }

  /** Returns the feed of all instances on this keyspace. Close it before the store. */
  feed(): ChangeFeed {
    const { log: logger, clock } = this.options;
    return new CassandraFeed({ session: this.session, epoch: this.epoch, logger, clock });
  }

  findChecklist(id: string): Promise<Checklist | undefined> {
    return inTime(() => this.checklists.find(id), "not done");
  }

  listChecklists(after: string | undefined, limit: number): Promise<Slice<Checklist>> {
    return inTime(() => this.checklists.list(after, limit), "not done");
  }

  findTask(checklistId: string, id: string): Promise<Task | undefined> {
    return inTime(() => this.tasks.find(checklistId, id), "not done");
  }

  listTasks(
    checklistId: string,
    filter: TaskFilter,
    after: string | undefined,
    limit: number,
  ): Promise<Slice<Task> | undefined> {
    return inTime(() => this.tasks.list(checklistId, filter, after, limit), "not done");
  }

  searchTasks(part: SearchPart, limit: number): Promise<Found | undefined> {
    return inTime(() => this.tasks.search(part, limit), "not done");
  }

  listDue(query: DueQuery, limit: number): Promise<DueSlice | undefined> {
    return inTime(() => this.agenda.page(query, limit), "not done");
  }

  findTrashedChecklist(id: string): Promise<Trashed<Checklist> | undefined> {
    return inTime(() => this.checklists.trashed.find(id), "not done");
  }

  listTrashedChecklists(after: string | undefined, limit: number): Promise<Slice<Trashed<Checklist>>> {
    return inTime(() => this.checklists.trashed.list(after, limit), "not done");
  }

  findTrashedTask(checklistId: string, id: string): Promise<Trashed<Task> | undefined> {
    return inTime(() => this.tasks.trashed.find(checklistId, id), "not done");
  }

  listTrashedTasks(
    checklistId: string,
    after: string | undefined,
    limit: number,
  ): Promise<Slice<Trashed<Task>> | undefined> {
    return inTime(() => this.tasks.trashed.list(checklistId, after, limit), "not done");
  }

  roleOn(): Promise<Role | undefined> {
    return noRecords();
  }

  listChecklistsOf(): Promise<Slice<ChecklistOf>> {
    return noRecords();
  }

  listMembers(): Promise<readonly Member[] | undefined> {
    return noRecords();
  }

  findRecord<K extends RecordKind>(): Promise<StoredRecord<Records[K]> | undefined> {
    return noRecords();
  }

  listRecords<K extends RecordKind>(): Promise<Slice<StoredRecord<Records[K]>>> {
    return noRecords();
  }

  write<N extends WriteName>(command: Command<N>): Promise<WriteAnswer<N>> {
    return inTime((latest) => this.writes[command.op](command, latest), "unknown");
  }

  claimKey(request: IdempotencyRequest, id: string, now: number): Promise<Claim> {
    return inTime(() => this.keys.claim(request, id, now), "unknown");
  }

  releaseKey(request: IdempotencyRequest, owner: string): Promise<void> {
    return inTime(() => this.keys.release(request, owner), "unknown");
  }

  async check(): Promise<void> {
    await inTime(() => this.session.row("SELECT value FROM meta WHERE key = 'epoch'", []), "not done");
  }

  async close(): Promise<void> {
    await this.expiry.close();
    await Promise.all([this.purge.close(), this.sweeper.close(), this.dueCompletion.close()]);
    await this.session.close();
  }

  private async createChecklist(
    { row, receipt }: Command<"createChecklist">,
    latest: number,
  ): Promise<Created> {
    // The marked row of a deleted list outlives its key, so this inserts nothing if the list was created before.
    const created = await this.checklists.create(row, latest);
    if (!receipt) return created;
    return this.keys.answered(receipt, { by: receipt.owner, takeBack: async () => {} }, latest);
  }

  private async createTask({ row, receipt }: Command<"createTask">, latest: number): Promise<Created> {
    const made = receipt?.made ? MADE_BEFORE : await this.tasks.create(row, latest, receipt);
    if (made.outcome === "missing") return made;
    if (!receipt) return { outcome: "created" };
    const takeBack = (by: string) => this.tasks.takeBack(row, receipt, by, latest);
    return this.keys.answered(receipt, { by: made.by, takeBack }, latest);
  }
}

async function noRecords(): Promise<never> {
  throw new Error("accounts are not yet kept on Cassandra");
}

/** Executes each write. Tries nothing after `latest`, a time of `performance.now()`. */
type Handlers = {
  readonly [N in WriteName]: (command: Command<N>, latest: number) => Promise<WriteAnswer<N>>;
};

/**
 * Returns the answer, or rejects if there is none in time. The operation then continues, and nobody sees its end.
 * @param known what is known about the operation if there is no answer in time
 */
async function inTime<T>(
  operation: (latest: number) => Promise<T>,
  known: "not done" | "unknown",
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unavailable(undefined, known)), OPERATION_DEADLINE_MS);
  });
  try {
    return await Promise.race([operation(performance.now() + OPERATION_DEADLINE_MS), late]);
  } finally {
    clearTimeout(timer);
  }
}
