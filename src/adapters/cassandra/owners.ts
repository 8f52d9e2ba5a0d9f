import type { Command, MemberWritten, OwnerWritten } from "../../application/commands.ts";
import { boundedly } from "../../application/copy/work.ts";
import { type Clock, FILTERED_ROWS_READ_MAX, type Slice, type Written } from "../../application/ports.ts";
import type { Role } from "../../domain/access.ts";
import type { Checklist } from "../../domain/checklist.ts";
import { type ChecklistOf, MEMBERS_MAX, type Member, type MemberRole } from "../../domain/membership.ts";
import type { Adoption } from "./adoption.ts";
import { attemptOn } from "./baseline-row.ts";
import { ChecklistPages } from "./checklist-pages.ts";
import { required, type Stopped, type Target, writeConditionally } from "./conditional.ts";
import type { DefaultOwner } from "./default-owner.ts";
import {
  checklistOf,
  membersCell,
  membersOf,
  OWNED_COLUMNS,
  OWNERSHIP,
  type OwnedRow,
  type Ownership,
  ownedRow,
  ownershipFrom,
  roleIn,
} from "./list-owners.ts";
import type { Partitions } from "./partitions.ts";
import { MARK_KEPT_MS } from "./purge.ts";
import { Rounds } from "./rounds.ts";
import { earlierWriteIds, type Stored, storedChecklist } from "./rows.ts";
import type { Row, Session } from "./session.ts";
import { isTrashed } from "./trashed.ts";
import { FROM_BEFORE, type UserEntry, type UserIndex } from "./user-index.ts";

/** Lists read at once, for one page. */
const READ_AT_ONCE = 32;
/** Entries removed by one page; the next one continues. */
const FORGOTTEN_MAX = 100;

const SELECT = `SELECT ${OWNED_COLUMNS} FROM checklist WHERE id = ?`;
const SET = `UPDATE checklist SET owner = ?, members = ?, version = ?, write_id = ?, earlier_write_ids = ?
  WHERE id = ? IF deleted_at = ? AND trash_record = ? AND version = ?`;
const ADOPT = "UPDATE checklist SET updated_at = ? WHERE id = ? IF EXISTS";

type Owned = Checklist & Ownership;
type Refusal = Exclude<MemberWritten | OwnerWritten, Written<Checklist>>;

/** Owners and members of lists: cells of the list's row, and an index of them by user. */
export class Owners {
  private readonly scanned: ChecklistPages<Owned>;

  constructor(
    private readonly session: Session,
    private readonly partitions: Partitions,
    private readonly index: UserIndex,
    private readonly defaultOwner: DefaultOwner,
    private readonly adoption: Adoption,
    private readonly clock: Clock,
  ) {
    this.scanned = new ChecklistPages(session, (row) => storedChecklist(row) && ownedRow(row), OWNED_COLUMNS);
  }

  async roleOn(id: string, userId: string): Promise<Role | undefined> {
    const { row, first } = await this.ownership(id);
    return row && isThere(row) ? roleIn(ownershipFrom(row), userId, first) : undefined;
  }

  /** The marked row of a list that is gone is kept longer than its deletion can be told ({@link MARK_KEPT_MS}). */
  async lastRoleOn(id: string, userId: string): Promise<Role | undefined> {
    const { row, first } = await this.ownership(id);
    return row && roleIn(ownershipFrom(row), userId, first);
  }

  async members(id: string): Promise<readonly Member[] | undefined> {
    const { row, first } = await this.ownership(id);
    return row && isThere(row) ? membersOf(ownershipFrom(row), first) : undefined;
  }

  private async ownership(id: string) {
    const [row, first] = await Promise.all([this.session.row(OWNERSHIP, [id]), this.defaultOwner.get()]);
    return { row, first };
  }

  /**
   * In order of id. Until all lists from the time without accounts have their entries, those of their owner are found
   * in the order of all lists.
   */
  async list(userId: string, after: string | undefined, limit: number): Promise<Slice<ChecklistOf>> {
    const first = await this.defaultOwner.get();
    const isInTokenOrder = after !== undefined && /^-?\d{1,19}$/.test(after);
    if (first === userId && (isInTokenOrder || !(await this.adoption.isDone(first))))
      return this.scan(userId, after, limit);
    const items: ChecklistOf[] = [];
    const lies: UserEntry[] = [];
    let [place, examined] = [after, 0];
    let more = true;
    while (more && items.length <= limit && examined < FILTERED_ROWS_READ_MAX) {
      const { entries, cut } = await this.index.entries(userId, place, limit + 1 - items.length);
      const verified = await this.verified(userId, entries, first);
      items.push(...verified.items);
      lies.push(...verified.lies);
      place = entries.at(-1)?.checklistId ?? place;
      examined += entries.length;
      more = cut;
    }
    if (lies.length > 0) await this.index.forget(userId, lies.slice(0, FORGOTTEN_MAX));
    if (items.length > limit) return { items: items.slice(0, limit), ...nextOf(items[limit - 1]?.id) };
    return more ? { items, ...nextOf(place) } : { items };
  }

  private async scan(userId: string, after: string | undefined, limit: number): Promise<Slice<ChecklistOf>> {
    const { items, next } = await this.scanned.page(after, limit, (list) => {
      return roleIn(list, userId, userId) !== undefined;
    });
    const own = items.flatMap((list) => {
      const role = roleIn(list, userId, userId);
      return role ? [{ ...checklistOf(list), role }] : [];
    });
    return { items: own, ...nextOf(next) };
  }

  setMember(command: Command<"setMember">, latest: number): Promise<MemberWritten> {
    const { userId, role, isMember } = command;
    return this.write<"no-member" | "is-owner" | "too-many-members">(
      command,
      latest,
      [userId],
      (list, first) => {
        if ((list.owner ?? first) === userId) return refused("is-owner");
        const is = list.members.has(userId);
        if (!is && (role === undefined || isMember)) return refused("no-member");
        if (!is && list.members.size >= MEMBERS_MAX) return refused("too-many-members");
        return withMembers(list, list.owner, { [userId]: role });
      },
    );
  }

  setOwner(command: Command<"setOwner">, latest: number): Promise<OwnerWritten> {
    const { userId, from, role } = command;
    return this.write<"not-owner" | "too-many-members">(command, latest, [userId, from], (list, first) => {
      if ((list.owner ?? first) !== from) return refused("not-owner");
      const next = withMembers(list, userId, {
        [from]: from === userId ? undefined : role,
        [userId]: undefined,
      });
      return next.members.size > MEMBERS_MAX ? refused("too-many-members") : next;
    });
  }

  setDefaultOwner(command: Command<"setDefaultOwner">, latest: number) {
    return this.defaultOwner.set(command, latest);
  }

  /** @param touched who may come to the list by this, or leave it */
  private async write<O extends Refusal["outcome"]>(
    { id, guard }: Command<"setMember" | "setOwner">,
    latest: number,
    touched: readonly string[],
    change: (list: Owned, first: string | undefined) => Owned | Stopped<{ readonly outcome: O }>,
  ): Promise<Written<Checklist> | { readonly outcome: O }> {
    const first = await this.defaultOwner.get();
    let after: Owned | undefined;
    const target: Target<Owned, Owned, { readonly outcome: O }> = {
      read: (settled) => this.read(id, settled),
      next: (current) => change(current, first),
      attempt: async (current, next, { writeId, again }) => {
        after = required(next);
        await this.enter(touched, current.value, after, first);
        const { owner, members, version } = after;
        const cells = [owner, membersCell(members), version, writeId, earlierWriteIds(current), id];
        const values = [...cells, ...(current as OwnedRow).stay];
        return attemptOn(
          this.session,
          current,
          { query: SET, values, adopt: { query: ADOPT, key: [id] } },
          again,
        );
      },
      result: required,
    };
    const written = await this.partitions.alone(id, latest, () =>
      writeConditionally(target, guard, new Rounds(this.session, latest)),
    );
    if (written.outcome === "missing") {
      // It was there before: it was deleted since, and its purge may have passed by entries made for this.
      if (after) for (const userId of touched) await this.index.leave(userId, id, Number.POSITIVE_INFINITY);
      return written;
    }
    if (!("row" in written)) return written;
    const { row } = written;
    for (const userId of touched) {
      if (roleIn(row, userId, first) === undefined) await this.index.leave(userId, id, row.version - 1);
    }
    return { outcome: "written", row: checklistOf(row) };
  }

  private async enter(
    users: readonly string[],
    before: Owned,
    after: Owned,
    first: string | undefined,
  ): Promise<void> {
    for (const userId of users) {
      const comes = roleIn(before, userId, first) === undefined && roleIn(after, userId, first) !== undefined;
      if (comes) await this.index.add(userId, after.id, after.version);
    }
  }

  private async read(id: string, settled: boolean): Promise<Stored<Owned> | undefined> {
    const row = await this.session.row(SELECT, [id], settled ? this.session.serialRead : undefined);
    return row && ownedRow(row);
  }

  /** The lists of entries that say the truth, in order; and the entries that never will. */
  private async verified(userId: string, entries: readonly UserEntry[], first: string | undefined) {
    const rows = new Map<string, OwnedRow>();
    await boundedly(entries, READ_AT_ONCE, async ({ checklistId }) => {
      const row = await this.session.row(SELECT, [checklistId]);
      if (row) rows.set(checklistId, ownedRow(row));
    });
    const items: ChecklistOf[] = [];
    const lies: UserEntry[] = [];
    for (const entry of entries) {
      const found = rows.get(entry.checklistId);
      const role = found && !found.removed ? roleIn(found.value, userId, first) : undefined;
      if (found && role) {
        if (found.stay[0] === null) items.push({ ...checklistOf(found.value), role });
      } else lies.push(this.liesIn(entry, found));
    }
    return { items, lies: lies.filter(({ versions }) => versions.length > 0) };
  }

  /** Those whose write is decided. One of a list that is yet to be created, or of a later version, may be in progress. */
  private liesIn({ checklistId, versions }: UserEntry, found: OwnedRow | undefined): UserEntry {
    const isLie = (version: number) => {
      if (!found) return version === FROM_BEFORE || this.isOld(checklistId);
      // Nobody comes to a list that is gone for good.
      return found.removed === true || version <= found.value.version;
    };
    return { checklistId, versions: versions.filter(isLie) };
  }

  /** No request, repeated or not, creates a list with this id any more. */
  private isOld(id: string): boolean {
    const madeAt = Number.parseInt(id.replace("-", "").slice(0, 12), 16);
    return madeAt < this.clock.now() - MARK_KEPT_MS;
  }
}

/** It is not gone for good. */
function isThere(row: Row): boolean {
  return row.deleted_at === null || isTrashed(row);
}

function refused<O>(outcome: O): Stopped<{ readonly outcome: O }> {
  return { stopped: { outcome } };
}

function withMembers(
  list: Owned,
  owner: string | null,
  roles: Readonly<Record<string, MemberRole | undefined>>,
): Owned {
  const members = new Map(list.members);
  for (const [userId, role] of Object.entries(roles)) {
    if (role === undefined) members.delete(userId);
    else members.set(userId, role);
  }
  return { ...list, owner, members, version: list.version + 1 };
}

function nextOf(place: string | undefined): { next?: string } {
  return place === undefined ? {} : { next: place };
}
