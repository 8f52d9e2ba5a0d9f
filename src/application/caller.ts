import type { Caller, Role } from "../domain/access.ts";
import { INBOX_ID } from "../domain/checklist.ts";

export type { Caller };

export const ANYONE: Caller = { kind: "anyone" };
export const NOBODY: Caller = { kind: "nobody" };

/** The checklist of tasks for which the caller names none. */
export function inboxOf(caller: Caller): string {
  switch (caller.kind) {
    case "user":
      return caller.inboxId;
    case "guest":
      return caller.checklistId;
    default:
      return INBOX_ID;
  }
}

/** The caller's role there. A token for other checklists has none. */
export function inboxRoleOf(caller: Caller): Role | undefined {
  if (caller.kind === "guest") return caller.role;
  if (caller.kind !== "user" || caller.checklists?.includes(caller.inboxId) === false) return undefined;
  return "owner";
}

/** Absent if the caller is not a user. */
export function userIdOf(caller: Caller): string | undefined {
  return caller.kind === "user" ? caller.id : undefined;
}

/** The scope of an Idempotency-Key: nobody gets the answer to a request of somebody else. */
export function scopeOf(caller: Caller, scope: string): string {
  switch (caller.kind) {
    case "user":
      return `${caller.id} ${scope}`;
    case "guest":
      return `${caller.link} ${scope}`;
    default:
      return scope;
  }
}
