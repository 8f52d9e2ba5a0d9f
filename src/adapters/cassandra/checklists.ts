import type { Command } from "../../application/commands.ts";
import type { Clock, Created, Log, Slice, Written } from "../../application/ports.ts";
import { type Checklist, changedChecklist } from "../../domain/checklist.ts";
import type { Stay } from "../../domain/trash.ts";
import { attemptOn } from "./baseline-row.ts";
import { ChecklistPages } from "./checklist-pages.ts";
import { required, type Target, writeConditionally } from "./conditional.ts";
import { insertedOnce } from "./insert.ts";
import { Partitions } from "./partitions.ts";
import type { Purge } from "./purge.ts";
import type { PurgeRecord } from "./purge-queue.ts";
import { Rounds } from "./rounds.ts";
import {
  CHECKLIST_COLUMNS,
  earlierWriteIds,
  newWriteId,
  type Stored,
  storedChecklist,
  storedChecklistEvenRemoved,
} from "./rows.ts";
import type { Session } from "./session.ts";
import { TrashedLists } from "./trashed-lists.ts";

const SELECT = `SELECT ${CHECKLIST_COLUMNS} FROM checklist WHERE id = ?`;
const INSERT = `INSERT INTO checklist (id, name, created_at, updated_at, version, write_id)
  VALUES (?, ?, ?, ?, ?, ?) IF NOT EXISTS`;
const INSERT_OWNED = `INSERT INTO checklist (id, name, created_at, updated_at, version, write_id, owner)
  VALUES (?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS`;
const UPDATE = `UPDATE checklist SET name = ?, updated_at = ?, version = ?, write_id = ?, earlier_write_ids = ?
  WHERE id = ? IF version = ? AND deleted_at = null`;
const MARK_DELETED = `UPDATE checklist SET deleted_at = ?, write_id = ?, earlier_write_ids = ?
  WHERE id = ? IF version = ? AND deleted_at = null`;
const PUT_IN_TRASH = `UPDATE checklist SET deleted_at = ?, trash_record = ?, version = ?, write_id = ?, earlier_write_ids = ?
  WHERE id = ? IF version = ? AND deleted_at = null`;
const ADOPT = "UPDATE checklist SET updated_at = ? WHERE id = ? IF EXISTS";
/** For the bench, whose bare loop sends the same texts. */
export const CHECKLIST_STATEMENTS = { select: SELECT, insert: INSERT, update: UPDATE } as const;

/**
 * The checklists of a cluster. A `latest` is a time of `performance.now()` after which no write is attempted any more.
 */
export class CassandraChecklists {
  readonly partitions: Partitions;
  private readonly pages: ChecklistPages;
  readonly trashed: TrashedLists;

  constructor(
    private readonly session: Session,
    private readonly purge: Purge,
    clock: Clock,
    log: Log,
  ) {
    this.partitions = new Partitions(session, "checklist", log);
    this.pages = new ChecklistPages(session, storedChecklist);
    this.trashed = new TrashedLists(session, this.partitions, purge, clock, log);
  }

  async find(id: string): Promise<Checklist | undefined> {
    const found = await this.read(id, false);
    return found?.removed ? undefined : found?.value;
  }

  /** Settled: as it is once every transaction in progress has been decided. One that is marked as deleted is there. */
  private async read(id: string, settled: boolean): Promise<Stored<Checklist> | undefined> {
    const row = await this.session.row(SELECT, [id], settled ? this.session.serialRead : undefined);
    return row && storedChecklistEvenRemoved(row);
  }

  list(after: string | undefined, limit: number): Promise<Slice<Checklist>> {
    return this.pages.page(after, limit);
  }

  /** @param owner absent: it is made without accounts */
  async create(row: Checklist, owner: string | undefined, latest: number): Promise<Created> {
    const times = [new Date(row.createdAt), new Date(row.updatedAt)];
    const values = [row.id, row.name, ...times, row.version, newWriteId()];
    const attempt = (again: boolean) =>
      owner === undefined
        ? this.session.attempt(INSERT, values, again)
        : this.session.attempt(INSERT_OWNED, [...values, owner], again);
    await insertedOnce(
      attempt,
      () => this.session.row(SELECT, [row.id], this.session.serialRead),
      new Rounds(this.session, latest),
    );
    return { outcome: "created" };
  }

  change(
    { id, change, guard, now }: Command<"changeChecklist">,
    latest: number,
  ): Promise<Written<Checklist>> {
    const target: Target<Checklist, Checklist> = {
      read: (settled) => this.read(id, settled),
      next: (current) => changedChecklist(current, change, now),
      attempt: (current, next, { writeId, again }) => {
        const { name, updatedAt, version } = required(next);
        const values = [name, new Date(updatedAt), version, writeId, earlierWriteIds(current), id];
        return attemptOn(this.session, current, { query: UPDATE, values, adopt: adopt(id) }, again);
      },
      result: required,
    };
    return this.partitions.alone(id, latest, () =>
      writeConditionally(target, guard, new Rounds(this.session, latest)),
    );
  }

  /** Out of everyone's sight once answered, with its tasks, until it is restored or its time is up. */
  private putInTrash(
    { id, guard, stay }: Pick<Command<"deleteChecklist">, "id" | "guard"> & { readonly stay: Stay },
    latest: number,
  ): Promise<Written<undefined>> {
    let recorded: PurgeRecord | undefined;
    const target: Target<Checklist, undefined> = {
      read: (settled) => this.read(id, settled),
      next: () => undefined,
      attempt: async (current, _next, { writeId, again }) => {
        recorded ??= await this.trashed.queue.enter(stay, id);
        const cells = [new Date(stay.deletedAt), recorded.name, current.value.version + 1];
        const values = [...cells, writeId, earlierWriteIds(current), id];
        return attemptOn(this.session, current, { query: PUT_IN_TRASH, values, adopt: adopt(id) }, again);
      },
      result: () => undefined,
    };
    return this.partitions.alone(id, latest, () =>
      writeConditionally(target, guard, new Rounds(this.session, latest)),
    );
  }

  /** Gone for everyone once answered; its tasks are purged afterwards, by the first instance with time. */
  async remove(
    { id, guard, stay }: Command<"deleteChecklist">,
    now: number,
    latest: number,
  ): Promise<Written<undefined>> {
    if (stay) return this.putInTrash({ id, guard, stay }, latest);
    let recorded: PurgeRecord | undefined;
    const target: Target<Checklist, undefined> = {
      read: (settled) => this.read(id, settled),
      next: () => undefined,
      attempt: async (current, _next, { writeId, again }) => {
        recorded ??= await this.purge.record(id, now);
        const values = [new Date(now), writeId, earlierWriteIds(current), id];
        return attemptOn(this.session, current, { query: MARK_DELETED, values, adopt: adopt(id) }, again);
      },
      result: () => undefined,
    };
    const written = await this.partitions.alone(id, latest, () =>
      writeConditionally(target, guard, new Rounds(this.session, latest)),
    );
    if (written.outcome === "written" && recorded) this.purge.soon(recorded);
    return written;
  }
}

function adopt(id: string) {
  return { query: ADOPT, key: [id] };
}
