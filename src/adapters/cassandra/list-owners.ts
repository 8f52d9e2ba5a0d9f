import type { Role } from "../../domain/access.ts";
import type { Checklist } from "../../domain/checklist.ts";
import type { Member, MemberRole } from "../../domain/membership.ts";
import { CHECKLIST_COLUMNS, optionalText, type Stored, storedChecklistEvenRemoved, text } from "./rows.ts";
import type { Param, Row } from "./session.ts";
import { isTrashed } from "./trashed.ts";

/** What a row says about its owner and members; {@link OWNERSHIP_COLUMNS}. */
export interface Ownership {
  /** Null: the default owner's. */
  readonly owner: string | null;
  readonly members: ReadonlyMap<string, MemberRole>;
}

/** A list with its owner and members, live or in the trash. */
export interface OwnedRow extends Stored<Checklist & Ownership> {
  /** The cells `deleted_at` and `trash_record`. */
  readonly stay: readonly Param[];
}

export const OWNERSHIP_COLUMNS = "owner, members";
/** What {@link ownedRow} reads. */
export const OWNED_COLUMNS = `${CHECKLIST_COLUMNS}, trash_record, ${OWNERSHIP_COLUMNS}`;
/** Whose a list is, and whether it is there. */
export const OWNERSHIP = `SELECT deleted_at, trash_record, ${OWNERSHIP_COLUMNS} FROM checklist WHERE id = ?`;

/** @returns a row that is marked as removed if it is gone for good */
export function ownedRow(row: Row): OwnedRow {
  const stored = storedChecklistEvenRemoved(row);
  return {
    ...stored,
    removed: stored.removed === true && !isTrashed(row),
    value: { ...stored.value, ...ownershipFrom(row) },
    stay: [row.deleted_at, row.trash_record],
  };
}

export function ownershipFrom(row: Row): Ownership {
  const json = optionalText(row.members);
  const members: Readonly<Record<string, MemberRole>> = json === undefined ? {} : JSON.parse(json);
  return { owner: optionalText(row.owner) ?? null, members: new Map(Object.entries(members)) };
}

/** The cell `members`. An absent one would be a tombstone. */
export function membersCell(members: ReadonlyMap<string, MemberRole>): string {
  return JSON.stringify(Object.fromEntries([...members].sort(([one], [other]) => (one < other ? -1 : 1))));
}

export function roleIn(
  { owner, members }: Ownership,
  userId: string,
  defaultOwner: string | undefined,
): Role | undefined {
  return (owner ?? defaultOwner) === userId ? "owner" : members.get(userId);
}

export function membersOf({ owner, members }: Ownership, defaultOwner: string | undefined): Member[] {
  const first = owner ?? defaultOwner;
  const others = [...members].map(([userId, role]) => ({ userId, role }));
  return first === undefined ? others : [{ userId: first, role: "owner" }, ...others];
}

/** Everyone who has a part in it. */
export function usersOf(ownership: Ownership, defaultOwner: string | undefined): readonly string[] {
  return membersOf(ownership, defaultOwner).map(({ userId }) => userId);
}

export function checklistOf({ id, name, createdAt, updatedAt, version }: Checklist): Checklist {
  return { id, name, createdAt, updatedAt, version };
}

/** Of the row of a table in which a list has entries. */
export function listIdOf(row: Row): string {
  return text(row.checklist_id);
}
