import { type CopyMarker, MARKER_KEY, markerText } from "../../../application/copy/marker.ts";
import type {
  Kept,
  KeptChecklist,
  KeptRecord,
  RowChange,
  RowWriter,
} from "../../../application/copy/ports.ts";
import { checklistText, taskText } from "../../../application/copy/rows.ts";
import { boundedly } from "../../../application/copy/work.ts";
import type { KeptAnswer } from "../../../application/ports.ts";
import { StoreOpenError } from "../../../application/store-open-error.ts";
import { INBOX_ID } from "../../../domain/checklist.ts";
import type { Task } from "../../../domain/task.ts";
import { OWNED_COLUMNS } from "../list-owners.ts";
import type { PurgeRecord } from "../purge-queue.ts";
import { type Stored, storedChecklistEvenRemoved, storedTask, TASK_COLUMNS } from "../rows.ts";
import type { Row, Session } from "../session.ts";
import { TrashQueue } from "../trash-queue.ts";
import { UserIndex } from "../user-index.ts";
import { keptChecklist, keptTask } from "./kept.ts";
import { CassandraRows } from "./reader.ts";
import { putReceipts } from "./receipts.ts";
import { putRecords } from "./records.ts";
import { checklistStatement, idOf, type Recorded, taskStatement } from "./statements.ts";
import { type RowWork, Transactions } from "./transactions.ts";

/** Checklists written at once, each in a partition of its own. */
const CHECKLISTS_AT_ONCE = 32;
/** How long the marker counts as unchanged after it was read, ms. */
const MARKER_BELIEVED_MS = 1_000;
const EPOCH_CHARS = 12;

const CHECKLIST = `SELECT ${OWNED_COLUMNS} FROM checklist WHERE id = ?`;
const TASK = `SELECT ${TASK_COLUMNS}, trash_record FROM todo WHERE checklist_id = ? AND id = ?`;
const MARK_FIRST = `INSERT INTO meta (key, value) VALUES ('${MARKER_KEY}', ?) IF NOT EXISTS`;
const MARK = `UPDATE meta SET value = ? WHERE key = '${MARKER_KEY}' IF value = ?`;
const RENEW_EPOCH = "UPDATE meta SET value = ? WHERE key = 'epoch' IF EXISTS";
/** What is copied has no entries for the agenda: the next service writes them. */
const FORGET_DUE_INDEX = "UPDATE meta SET value = 'after ' WHERE key = 'due-index' IF EXISTS";
/** Nor have lists entries for a default owner. */
const FORGET_ADOPTION = "UPDATE meta SET value = 'none' WHERE key = 'adoption' IF EXISTS";
const PUT_DEFAULT_OWNER = "INSERT INTO meta (key, value) VALUES ('default-owner', ?) IF NOT EXISTS";
const MOVE_DEFAULT_OWNER = "UPDATE meta SET value = ? WHERE key = 'default-owner' IF EXISTS";
const TRACES = [
  "SELECT id, version FROM checklist LIMIT 2",
  "SELECT checklist_id AS id FROM todo LIMIT 1",
  "SELECT checklist_id AS id FROM purge LIMIT 1",
  "SELECT checklist_id AS id FROM purge_queue LIMIT 1",
  "SELECT key AS id FROM account_record LIMIT 1",
];

/** The target keyspace of a copy. */
export class CassandraRowWriter extends CassandraRows implements RowWriter {
  private readonly transactions: Transactions;
  private readonly users: UserIndex;
  private readonly trashedLists: TrashQueue;
  private readonly trashedTasks: TrashQueue;
  private run: string | undefined;
  private believedUntil = Number.NEGATIVE_INFINITY;

  constructor(session: Session, place: string, epoch: string) {
    super(session, place, epoch);
    this.transactions = new Transactions(session);
    this.users = new UserIndex(session);
    this.trashedLists = new TrashQueue(session, "trashed lists");
    this.trashedTasks = new TrashQueue(session, "trashed tasks");
  }

  /** Lists that are marked as deleted count: their purge would also remove the copied tasks. */
  async isEmpty(): Promise<boolean> {
    const found = await Promise.all(TRACES.map((query) => this.session.rows(query, [])));
    return found.flat().every(({ id, version }) => id === INBOX_ID && version === 1);
  }

  async setMarker(next: CopyMarker, previous: CopyMarker | undefined): Promise<boolean> {
    const text = markerText(next);
    for (;;) {
      const answer = await (previous
        ? this.session.attempt(MARK, [text, markerText(previous)])
        : this.session.attempt(MARK_FIRST, [text]));
      const now = answer ? undefined : await this.fact(MARKER_KEY);
      const set = answer?.["[applied]"] === true || now === text;
      if (set) await this.forgetIndexes();
      if (set) this.run = next.run;
      // Undecided, and the marker has not changed: it did not happen.
      if (set || answer || now !== (previous && markerText(previous))) return set;
    }
  }

  private async forgetIndexes(): Promise<void> {
    while ((await this.session.attempt(FORGET_DUE_INDEX, [])) === undefined);
    while ((await this.session.attempt(FORGET_ADOPTION, [])) === undefined);
  }

  async renewEpoch(): Promise<void> {
    const epoch = crypto.randomUUID().replaceAll("-", "").slice(0, EPOCH_CHARS);
    while ((await this.session.attempt(RENEW_EPOCH, [epoch])) === undefined);
  }

  async putChecklists(changes: readonly RowChange<KeptChecklist>[]): Promise<void> {
    await this.assureOurs();
    await boundedly(changes, CHECKLISTS_AT_ONCE, async (change) => {
      const { after } = change;
      const recorded = after?.trash && (await this.trashedLists.adopt(after.trash, after.id));
      if (after) await this.enterUsers(after);
      await this.transactions.one(this.checklist(withRecord(change, recorded)));
    });
  }

  async putTasks(checklistId: string, changes: readonly RowChange<Kept<Task>>[]): Promise<void> {
    await this.assureOurs();
    const works: RowWork<Kept<Task>>[] = [];
    for (const change of changes) {
      const { after } = change;
      const recorded = after?.trash && (await this.trashedTasks.adopt(after.trash, checklistId, after.id));
      works.push(this.task(checklistId, withRecord(change, recorded)));
    }
    await this.transactions.onePartition(works);
  }

  /** Before the list itself. What users have left is removed by their next reader. */
  private async enterUsers({ id, version, owner, members = [] }: KeptChecklist): Promise<void> {
    const users = members.map(({ userId }) => userId);
    if (owner !== undefined) users.push(owner);
    for (const userId of users) await this.users.add(userId, id, version);
  }

  async putRecords(changes: readonly RowChange<KeptRecord>[], now: number): Promise<void> {
    await this.assureOurs();
    await putRecords(this.session, changes, now);
  }

  async putDefaultOwner(userId: string): Promise<void> {
    await this.assureOurs();
    for (let current = await this.defaultOwner(); current !== userId; current = await this.defaultOwner())
      await this.session.attempt(current === undefined ? PUT_DEFAULT_OWNER : MOVE_DEFAULT_OWNER, [userId]);
  }

  async putReceipts(receipts: readonly KeptAnswer[], now: number): Promise<number> {
    await this.assureOurs();
    return putReceipts(this.session, receipts, now);
  }

  private checklist(change: RowChange<Recorded<KeptChecklist>>): RowWork<KeptChecklist> {
    const id = idOf(change.before, change.after);
    return {
      first: checklistStatement(change),
      read: () => this.settled(CHECKLIST, [id], settledChecklist),
      isDone: (now) => same(now, change.after, checklistText),
      statement: (found) => checklistStatement(change, found),
    };
  }

  private task(checklistId: string, change: RowChange<Recorded<Task>>): RowWork<Kept<Task>> {
    const id = idOf(change.before, change.after);
    return {
      first: taskStatement(checklistId, change),
      read: () => this.settled(TASK, [checklistId, id], settledTask),
      isDone: (now) => same(now, change.after, taskText),
      statement: (found) => taskStatement(checklistId, change, found),
    };
  }

  private async settled<T>(
    query: string,
    key: readonly string[],
    stored: (row: NonNullable<Awaited<ReturnType<Session["row"]>>>) => Stored<T> | undefined,
  ): Promise<Stored<T> | undefined> {
    const row = await this.session.row(query, key, this.session.serialRead);
    return row && stored(row);
  }

  /** A run that was frozen may find that another one has taken over, and has even finished. */
  private async assureOurs(): Promise<void> {
    if (performance.now() < this.believedUntil) return;
    const askedAt = performance.now();
    const marker = await this.marker();
    if (marker?.run !== this.run) {
      throw new StoreOpenError(`another todos copy has taken over ${this.place}: this one stops`);
    }
    this.believedUntil = askedAt + MARKER_BELIEVED_MS;
  }
}

/** The list's row as it is stored; undefined if it is gone for good. */
function settledChecklist(row: Row): Stored<KeptChecklist> | undefined {
  const value = keptChecklist(row);
  return value && { ...storedChecklistEvenRemoved(row), value };
}

function settledTask(row: Row): Stored<Kept<Task>> | undefined {
  const value = keptTask(row);
  return value && { ...storedTask(row), value };
}

function withRecord<T>(
  change: RowChange<Kept<T>>,
  recorded: PurgeRecord | undefined,
): RowChange<Recorded<T>> {
  return change.after && recorded ? { ...change, after: { ...change.after, record: recorded.name } } : change;
}

function same<T>(now: T | undefined, wanted: T | undefined, textOf: (row: T) => string): boolean {
  if (now === undefined || wanted === undefined) return now === wanted;
  return textOf(now) === textOf(wanted);
}
