import type { Command, CoreWriteName, WriteAnswer, WriteName } from "../../application/commands.ts";
import type {
  Awaitable,
  ChangeFeed,
  Claim,
  Clock,
  Created,
  IdempotencyRequest,
  Log,
  Meter,
} from "../../application/ports.ts";
import type { CoreReadName, Query, ReadAnswer, ReadName } from "../../application/queries.ts";
import { CoreReader, type Store } from "../../application/store.ts";
import { StoreOpenError } from "../../application/store-open-error.ts";
import { Adoption, ALL_KNOW_MS } from "./adoption.ts";
import { Agenda } from "./agenda.ts";
import { CassandraChecklists } from "./checklists.ts";
import { copyProblem } from "./copying/refusal.ts";
import { DefaultOwner } from "./default-owner.ts";
import { DueCompletion } from "./due-completion.ts";
import { DueIndex } from "./due-index.ts";
import { unavailable } from "./failures.ts";
import { CassandraFeed } from "./feed/feed.ts";
import { CassandraKeys } from "./idempotency.ts";
import { ownershipFrom, roleIn } from "./list-owners.ts";
import { Owners } from "./owners.ts";
import { allReaders, allWriters, type CassandraPart, type Readers, type Writers } from "./part.ts";
import { Purge } from "./purge.ts";
import { CassandraRecords } from "./records.ts";
import { RoleMemory } from "./role-memory.ts";
import { text } from "./rows.ts";
import { schemaProblem } from "./schema/status.ts";
import { type Row, Session } from "./session.ts";
import { type CassandraSettings, OPERATION_DEADLINE_MS } from "./settings.ts";
import { Sweeper } from "./sweeper.ts";
import { CassandraTasks } from "./tasks.ts";
import { TrashExpiry } from "./trash-expiry.ts";
import { UserIndex } from "./user-index.ts";

export interface CassandraStoreOptions {
  readonly settings: CassandraSettings;
  readonly log: Log;
  readonly meter: Meter;
  readonly clock: Clock;
  /** Of resources with tables of their own; by default there are none. */
  readonly parts?: readonly CassandraPart[];
  /** How long after a default owner is set all instances know it, ms; for tests with one instance. */
  readonly allKnowMs?: number;
}

/** Writes after which this instance remembers no role on their list. */
const CHANGES_ROLES: ReadonlySet<WriteName> = new Set<WriteName>([
  ...(["setMember", "setOwner", "setDefaultOwner", "deleteChecklist", "discardChecklist"] as const),
]);

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

export class CassandraStore extends CoreReader implements Store {
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
  private readonly users: UserIndex;
  private readonly defaultOwner: DefaultOwner;
  private readonly adoption: Adoption;
  private readonly owners: Owners;
  private readonly roles = new RoleMemory();
  private readonly records: CassandraRecords;
  private readonly reads: Readers;
  private readonly writes: Writers;

  constructor(
    private readonly session: Session,
    readonly epoch: string,
    private readonly options: CassandraStoreOptions,
  ) {
    super();
    const { parts = [], clock, log } = options;
    this.reads = allReaders(this.coreReaders(), parts, { session, clock, log });
    this.writes = allWriters(this.coreWriters(), parts, { session, clock, log });
    this.keys = new CassandraKeys(session);
    this.records = new CassandraRecords(session, options.clock, options.log);
    const due = new DueIndex(session, options.log);
    this.users = new UserIndex(session, options.log);
    this.defaultOwner = new DefaultOwner(session);
    const { users, defaultOwner, records } = this;
    const people = { users, defaultOwner, records };
    this.purge = new Purge(session, this.keys, due, people, options.log, options.clock);
    this.checklists = new CassandraChecklists(session, this.purge, options.clock, options.log);
    const allKnowMs = options.allKnowMs ?? ALL_KNOW_MS;
    this.adoption = new Adoption(session, users, defaultOwner, options.log, options.clock, allKnowMs);
    const { partitions } = this.checklists;
    this.owners = new Owners(session, partitions, users, defaultOwner, this.adoption, options.clock);
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
    this.agenda = new Agenda(
      session,
      checklists,
      this.owners,
      due,
      dueCompletion,
      moves.arrivals,
      series,
      options.clock,
    );
    const { trashed: lists } = checklists;
    const { trashed: tasks } = this.tasks;
    this.expiry = new TrashExpiry(
      [
        lists.expiring,
        tasks.expired,
        { queue: moves.queue, expire: ([record]) => moves.settle(record, options.clock.now()) },
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

  read<N extends ReadName>(query: Query<N>): Awaitable<ReadAnswer<N>> {
    const role = asksForRole(query) ? this.roles.known(query.checklistId, query.userId) : undefined;
    if (role !== undefined) return role as ReadAnswer<N>;
    return inTime(() => this.reads[query.op](query), "not done");
  }

  write<N extends WriteName>(command: Command<N>): Promise<WriteAnswer<N>> {
    if (!CHANGES_ROLES.has(command.op)) return this.written(command);
    const list = "id" in command ? command.id : undefined;
    this.roles.forget(list);
    return this.written(command).finally(() => this.roles.forget(list));
  }

  private written<N extends WriteName>(command: Command<N>): Promise<WriteAnswer<N>> {
    return inTime((latest) => this.writes[command.op](command, latest), "unknown");
  }

  claimKey(request: IdempotencyRequest, id: string, now: number): Promise<Claim> {
    return inTime(() => this.keys.claim(request, id, now), "unknown");
  }

  releaseKey(request: IdempotencyRequest, owner: string): Promise<void> {
    return inTime(() => this.keys.release(request, owner), "unknown");
  }

  rightsMark(): undefined {
    return undefined;
  }

  takeMarkRead(): undefined {
    return undefined;
  }

  together<T>(work: () => T): T {
    return work();
  }

  async check(): Promise<void> {
    await inTime(() => this.session.row("SELECT value FROM meta WHERE key = 'epoch'", []), "not done");
  }

  async close(): Promise<void> {
    await this.expiry.close();
    await Promise.all([
      this.purge.close(),
      this.sweeper.close(),
      this.dueCompletion.close(),
      this.adoption.close(),
    ]);
    await this.session.close();
  }

  private coreReaders(): Readers<CoreReadName> {
    return {
      findChecklist: ({ id }) => this.checklists.find(id),
      listChecklists: ({ after, limit }) => this.checklists.list(after, limit),
      findTask: ({ checklistId, id }) => this.tasks.find(checklistId, id),
      listTasks: ({ checklistId, filter, after, limit }) =>
        this.tasks.list(checklistId, filter, after, limit),
      searchTasks: ({ part, limit }) => this.tasks.search(part, limit),
      listDue: ({ due, limit }) => this.agenda.page(due, limit),
      findTrashedChecklist: ({ id }) => this.checklists.trashed.find(id),
      listTrashedChecklists: async ({ after, limit, owner }) => {
        const first = owner === undefined ? undefined : await this.defaultOwner.get();
        const isWanted = (row: Row) =>
          owner === undefined || roleIn(ownershipFrom(row), owner, first) === "owner";
        return this.checklists.trashed.list(after, limit, isWanted);
      },
      findTrashedTask: ({ checklistId, id }) => this.tasks.trashed.find(checklistId, id),
      listTrashedTasks: ({ checklistId, after, limit }) => this.tasks.trashed.list(checklistId, after, limit),
      roleOn: ({ checklistId, userId }) =>
        this.roles.fresh(checklistId, userId, () => this.owners.roleOn(checklistId, userId)),
      lastRoleOn: ({ checklistId, userId }) => this.owners.lastRoleOn(checklistId, userId),
      listChecklistsOf: ({ userId, after, limit }) => this.owners.list(userId, after, limit),
      listMembers: ({ checklistId }) => this.owners.members(checklistId),
      findRecord: ({ kind, key }) => this.records.find(kind, key),
      listRecords: ({ kind, owner, after, limit }) => this.records.list(kind, owner, after, limit),
    };
  }

  private coreWriters(): Writers<CoreWriteName> {
    return {
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
      setMember: (command, latest) => this.owners.setMember(command, latest),
      setOwner: (command, latest) => this.owners.setOwner(command, latest),
      setDefaultOwner: (command, latest) => this.owners.setDefaultOwner(command, latest),
      putRecord: (command, latest) => this.records.put(command, latest),
      deleteRecord: (command, latest) => this.records.delete(command, latest),
    };
  }

  private async createChecklist(
    { caller, row, receipt }: Command<"createChecklist">,
    latest: number,
  ): Promise<Created> {
    // The marked row of a deleted list outlives its key, so this inserts nothing if the list was created before.
    const owner = caller.kind === "user" ? caller.id : undefined;
    const enteredBy = owner ?? (await this.defaultOwner.get());
    if (enteredBy !== undefined) await this.users.add(enteredBy, row.id, row.version);
    const created = await this.checklists.create(row, owner, latest);
    if (!receipt) return created;
    return this.keys.answered(receipt, { by: receipt.owner, takeBack: async () => {} }, latest);
  }

  private async createTask({ row, receipt }: Command<"createTask">, latest: number): Promise<Created> {
    const made = receipt?.made ? MADE_BEFORE : await this.tasks.creation.create(row, latest, receipt);
    if (made.outcome === "missing") return made;
    if (!receipt) return { outcome: "created" };
    const takeBack = (by: string) => this.tasks.creation.takeBack(row, receipt, by, latest);
    return this.keys.answered(receipt, { by: made.by, takeBack }, latest);
  }
}

function asksForRole(query: { readonly op: ReadName }): query is Query<"roleOn"> {
  return query.op === "roleOn";
}

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
