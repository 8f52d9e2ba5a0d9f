import type { Given } from "../../../application/accounts/ports.ts";
import type { Awaitable, Change } from "../../../application/ports.ts";
import type { Callers } from "../../../application/remembered-callers.ts";
import type { Caller, Decision, ListRight, Role } from "../../../domain/access.ts";
import { decided } from "../../../domain/access.ts";
import { TodosError } from "../../../domain/errors.ts";
import { then } from "../../../lib/then.ts";
import type { Asked, Permission } from "./operation.ts";

/** A request, as far as a permission depends on it. */
export interface Acting extends Asked {
  /** Whether it only reads. */
  readonly isSafe: boolean;
}

/** @returns the caller's role on the checklist that the request is about @throws TodosError unauthenticated, not-found, forbidden */
export function permitted(
  acting: Acting,
  callers: Callers,
  permission: Permission,
): Awaitable<Role | undefined> {
  const { caller, isSafe } = acting;
  if (!("list" in permission)) {
    enforce(decided(caller, permission.right, undefined, isSafe));
    return undefined;
  }
  const { right, list } = permission;
  // A caller without credentials learns nothing about ids either.
  const id = caller.kind === "nobody" ? undefined : list(acting);
  if (id !== undefined)
    return demanded(acting, callers, typeof right === "string" ? right : right(acting), id);
  enforce(decided(caller, "own", undefined, isSafe));
  return undefined;
}

/** @returns the caller's role on the checklist @throws TodosError unauthenticated, not-found, forbidden */
export function demanded(
  acting: Acting,
  callers: Callers,
  right: ListRight,
  checklistId: string,
): Awaitable<Role | undefined> {
  const { caller } = acting;
  // A caller without a credential costs the store nothing.
  const found = caller.kind === "nobody" ? undefined : callers.roleOn(caller, checklistId);
  if (found instanceof Promise) return found.then((role) => checked(acting, right, role));
  return checked(acting, right, found);
}

function checked({ caller, isSafe }: Acting, right: ListRight, role: Role | undefined): Role | undefined {
  enforce(decided(caller, right, role, isSafe));
  return role;
}

/**
 * Whether the sender of those credentials, as things are now, may know of a change to a checklist.
 * @returns undefined if the credentials are no longer valid
 */
export function watched(
  callers: Callers,
  given: Given,
  { type, checklistId, readers }: Pick<Change, "type" | "checklistId" | "readers">,
): Awaitable<boolean | undefined> {
  const byCaller = (caller: Caller): Awaitable<boolean | undefined> => {
    if (decided(caller, "own", undefined, true) !== "allowed") return undefined;
    if (isReader(caller, checklistId, readers)) return true;
    // Nobody has a part in a checklist that is gone.
    return type === "checklist.deleted"
      ? readable(caller, callers.lastRoleOn(caller, checklistId))
      : known(callers, caller, checklistId);
  };
  return then(callers.resolve(given), byCaller);
}

/** Whether the caller may know of the checklist. */
export function known(callers: Callers, caller: Caller, checklistId: string): Awaitable<boolean> {
  return readable(caller, callers.roleOn(caller, checklistId));
}

function readable(caller: Caller, found: Awaitable<Role | undefined>): Awaitable<boolean> {
  return then(found, (role) => decided(caller, "read", role, true) === "allowed");
}

function isReader(caller: Caller, checklistId: string, readers: readonly string[] | undefined): boolean {
  if (caller.kind !== "user" || caller.checklists?.includes(checklistId) === false) return false;
  return readers?.includes(caller.id) === true;
}

/** @throws TodosError unauthenticated, not-found, forbidden */
function enforce(decision: Decision): void {
  if (decision === "allowed") return;
  if (decision === "unauthenticated") {
    throw new TodosError("unauthenticated", "Sign in, or send an API token as Authorization: Bearer.");
  }
  if (decision === "hidden") throw new TodosError("not-found", "No such checklist.");
  throw new TodosError(
    "forbidden",
    `You are not allowed to do this here. The right that is missing: ${decision.forbidden}.`,
  );
}
