import type { Role } from "../domain/access.ts";
import type { Checklist } from "../domain/checklist.ts";
import type { ChecklistOf, Member } from "../domain/membership.ts";
import type { Task, TaskFilter } from "../domain/task.ts";
import type { Trashed } from "../domain/trash.ts";
import type { RecordKind, RecordReader, Records, StoredRecord } from "./accounts/records.ts";
import type { DueQuery, DueSlice } from "./agenda.ts";
import type { Command, WriteAnswer, WriteName } from "./commands.ts";
import type { Awaitable, Claim, IdempotencyRequest, Slice } from "./ports.ts";
import type { Query, ReadAnswer, ReadName } from "./queries.ts";
import type { Found, SearchPart } from "./search.ts";

export interface ChecklistReader {
  findChecklist(id: string): Awaitable<Checklist | undefined>;
  /** Rows after the key `after` in the store's own order, at most `limit`. An unknown `after` is still a position. */
  listChecklists(after: string | undefined, limit: number): Awaitable<Slice<Checklist>>;
}

export interface MembershipReader {
  /** Also on a list in the trash. */
  roleOn(checklistId: string, userId: string): Awaitable<Role | undefined>;
  /** The same, or the one at the end of a list that is gone, as long as the store knows it. It gives no access. */
  lastRoleOn(checklistId: string, userId: string): Awaitable<Role | undefined>;
  /** Those that a user owns or is a member of, in order of id. */
  listChecklistsOf(userId: string, after: string | undefined, limit: number): Awaitable<Slice<ChecklistOf>>;
  /** The owner first, if there is one, then the members in order of id. Also of a list in the trash; `undefined`: no such list. */
  listMembers(checklistId: string): Awaitable<readonly Member[] | undefined>;
}

export interface TaskReader {
  /** Also `undefined` if the checklist does not exist. */
  findTask(checklistId: string, id: string): Awaitable<Task | undefined>;
  /**
   * Matching tasks of one checklist after the id `after`, in order of id, at most `limit`; a filtered
   * slice examines at most `FILTERED_ROWS_READ_MAX` rows. `undefined`: no such checklist.
   */
  listTasks(
    checklistId: string,
    filter: TaskFilter,
    after: string | undefined,
    limit: number,
  ): Awaitable<Slice<Task> | undefined>;
}

export interface SearchReader {
  /** Tasks of one checklist with all the words, in order of id, at most `limit`. `undefined`: no such checklist. */
  searchTasks(part: SearchPart, limit: number): Awaitable<Found | undefined>;
}

export interface AgendaReader {
  /**
   * Open tasks with a due date on or before `until`, in order of due date, checklist and id, at most `limit`; a slice
   * examines at most `FILTERED_ROWS_READ_MAX` rows. `undefined`: no such checklist.
   * @throws TodosError too-many-checklists if none is named
   */
  listDue(query: DueQuery, limit: number): Awaitable<DueSlice | undefined>;
}

export interface TrashReader {
  findTrashedChecklist(id: string): Awaitable<Trashed<Checklist> | undefined>;
  /**
   * In the order in which they go, after the place `after`; as for a filtered page, a slice may be short.
   * @param owner absent: those of everyone
   */
  listTrashedChecklists(
    after: string | undefined,
    limit: number,
    owner?: string,
  ): Awaitable<Slice<Trashed<Checklist>>>;
  /** Also `undefined` if the checklist does not exist, or is in the trash with its tasks. */
  findTrashedTask(checklistId: string, id: string): Awaitable<Trashed<Task> | undefined>;
  /** In order of id. `undefined`: no such checklist. */
  listTrashedTasks(
    checklistId: string,
    after: string | undefined,
    limit: number,
  ): Awaitable<Slice<Trashed<Task>> | undefined>;
}

export interface Keys {
  /** @param id the id to record if the key is new; a key that is taken over keeps the id recorded first */
  claimKey(request: IdempotencyRequest, id: string, now: number): Awaitable<Claim>;
  /**
   * Releases a key whose request is known to have created nothing. It stays if another request has taken it over.
   * @param owner the claim's
   */
  releaseKey(request: IdempotencyRequest, owner: string): Awaitable<void>;
}

/** The rows, wherever they live. Versions compare only within one epoch. */
export interface Store
  extends ChecklistReader,
    MembershipReader,
    TaskReader,
    SearchReader,
    AgendaReader,
    TrashReader,
    RecordReader,
    Keys {
  readonly kind: "sqlite" | "cassandra";
  /** The order of checklists: a position in one order means nothing in the other. */
  readonly checklistOrder: "id" | "token";
  /** Random value made with the store and again by `restore`. */
  readonly epoch: string;
  /** What an acknowledged write survives, in words, for operators. */
  readonly durability: string;
  read<N extends ReadName>(query: Query<N>): Awaitable<ReadAnswer<N>>;
  write<N extends WriteName>(command: Command<N>): Promise<WriteAnswer<N>>;
  /**
   * Differs once anything may have changed who callers are or what is theirs; undefined if that can't be
   * told at once.
   */
  rightsMark(): number | undefined;
  /**
   * The mark as of the last read, if that read has told it along the way: once, and undefined else. No earlier read of the
   * store is of a later moment.
   */
  takeMarkRead(): number | undefined;
  /** What `work` reads before it waits for anything is of one moment, where the store reads at once; it costs less, too. */
  together<T>(work: () => T): T;
  /** Resolves if the store can serve reads and writes. @throws TodosError `store-unavailable` */
  check(): Promise<void>;
  /** Ends the store's background work, flushes, and closes it. */
  close(): Promise<void>;
}

/** The narrow readers of checklists and tasks, over `read`: a store has one way to read. */
export abstract class CoreReader
  implements
    ChecklistReader,
    MembershipReader,
    TaskReader,
    SearchReader,
    AgendaReader,
    TrashReader,
    RecordReader
{
  abstract read<N extends ReadName>(query: Query<N>): Awaitable<ReadAnswer<N>>;

  findChecklist(id: string): Awaitable<Checklist | undefined> {
    return this.read<"findChecklist">({ op: "findChecklist", id });
  }

  listChecklists(after: string | undefined, limit: number): Awaitable<Slice<Checklist>> {
    return this.read<"listChecklists">({ op: "listChecklists", after, limit });
  }

  findTask(checklistId: string, id: string): Awaitable<Task | undefined> {
    return this.read<"findTask">({ op: "findTask", checklistId, id });
  }

  listTasks(
    checklistId: string,
    filter: TaskFilter,
    after: string | undefined,
    limit: number,
  ): Awaitable<Slice<Task> | undefined> {
    return this.read<"listTasks">({ op: "listTasks", checklistId, filter, after, limit });
  }

  searchTasks(part: SearchPart, limit: number): Awaitable<Found | undefined> {
    return this.read<"searchTasks">({ op: "searchTasks", part, limit });
  }

  listDue(due: DueQuery, limit: number): Awaitable<DueSlice | undefined> {
    return this.read<"listDue">({ op: "listDue", due, limit });
  }

  findTrashedChecklist(id: string): Awaitable<Trashed<Checklist> | undefined> {
    return this.read<"findTrashedChecklist">({ op: "findTrashedChecklist", id });
  }

  listTrashedChecklists(
    after: string | undefined,
    limit: number,
    owner?: string,
  ): Awaitable<Slice<Trashed<Checklist>>> {
    return this.read<"listTrashedChecklists">({ op: "listTrashedChecklists", after, limit, owner });
  }

  findTrashedTask(checklistId: string, id: string): Awaitable<Trashed<Task> | undefined> {
    return this.read<"findTrashedTask">({ op: "findTrashedTask", checklistId, id });
  }

  listTrashedTasks(
    checklistId: string,
    after: string | undefined,
    limit: number,
  ): Awaitable<Slice<Trashed<Task>> | undefined> {
    return this.read<"listTrashedTasks">({ op: "listTrashedTasks", checklistId, after, limit });
  }

  roleOn(checklistId: string, userId: string): Awaitable<Role | undefined> {
    return this.read<"roleOn">({ op: "roleOn", checklistId, userId });
  }

  lastRoleOn(checklistId: string, userId: string): Awaitable<Role | undefined> {
    return this.read<"lastRoleOn">({ op: "lastRoleOn", checklistId, userId });
  }

  listChecklistsOf(userId: string, after: string | undefined, limit: number): Awaitable<Slice<ChecklistOf>> {
    return this.read<"listChecklistsOf">({ op: "listChecklistsOf", userId, after, limit });
  }

  listMembers(checklistId: string): Awaitable<readonly Member[] | undefined> {
    return this.read<"listMembers">({ op: "listMembers", checklistId });
  }

  findRecord<K extends RecordKind>(kind: K, key: string): Awaitable<StoredRecord<Records[K]> | undefined> {
    const found = this.read<"findRecord">({ op: "findRecord", kind, key });
    // Its kind is the one that was asked for.
    return found as Awaitable<StoredRecord<Records[K]> | undefined>;
  }

  listRecords<K extends RecordKind>(
    kind: K,
    owner: string,
    after: string | undefined,
    limit: number,
  ): Awaitable<Slice<StoredRecord<Records[K]>>> {
    const slice = this.read<"listRecords">({ op: "listRecords", kind, owner, after, limit });
    return slice as Awaitable<Slice<StoredRecord<Records[K]>>>;
  }
}

/** A store in front of another one. It says only what it adds to reads, to writes and to the rest. */
export abstract class StoreDecorator extends CoreReader implements Store {
  /** The store behind. */
  protected abstract readonly store: Store;

  /** Every operation except writes passes through here. */
  protected abstract ask<T>(operation: string, answer: (store: Store) => Awaitable<T>): Awaitable<T>;

  abstract write<N extends WriteName>(command: Command<N>): Promise<WriteAnswer<N>>;

  get kind(): Store["kind"] {
    return this.store.kind;
  }

  get checklistOrder(): Store["checklistOrder"] {
    return this.store.checklistOrder;
  }

  get epoch(): string {
    return this.store.epoch;
  }

  get durability(): string {
    return this.store.durability;
  }

  read<N extends ReadName>(query: Query<N>): Awaitable<ReadAnswer<N>> {
    return this.ask(query.op, (store) => store.read(query));
  }

  claimKey(request: IdempotencyRequest, id: string, now: number): Awaitable<Claim> {
    return this.ask("claimKey", (store) => store.claimKey(request, id, now));
  }

  releaseKey(request: IdempotencyRequest, owner: string): Awaitable<void> {
    return this.ask("releaseKey", (store) => store.releaseKey(request, owner));
  }

  /** It costs less than it would to count and time it. */
  rightsMark(): number | undefined {
    return this.store.rightsMark();
  }

  takeMarkRead(): number | undefined {
    return this.store.takeMarkRead();
  }

  together<T>(work: () => T): T {
    return this.store.together(work);
  }

  async check(): Promise<void> {
    await this.ask("check", (store) => store.check());
  }

  close(): Promise<void> {
    return this.store.close();
  }
}
