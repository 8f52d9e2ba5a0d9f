import type { Role } from "./access.ts";
import type { Checklist } from "./checklist.ts";

/** Most members that a list may have, not counting its owner. */
export const MEMBERS_MAX = 100;

/** What somebody may do with a list that belongs to somebody else. */
export type MemberRole = Exclude<Role, "owner">;

/** Somebody's part in a list. */
export interface Member {
  readonly userId: string;
  readonly role: Role;
}

/** A list as one user has it. */
export interface ChecklistOf extends Checklist {
  readonly role: Role;
}
