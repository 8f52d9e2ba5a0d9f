import type { Caller } from "../domain/access.ts";
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
