import { NOBODY } from "../../../../src/application/caller.ts";
import type { Caller, Role, User } from "../../../../src/domain/access.ts";

/** The checklist that every request of the table is about. */
export const LIST = "00000000-0000-7000-8000-00000000000a";
const OTHER_LIST = "00000000-0000-7000-8000-00000000000b";

const person = (id: string): User => ({
  kind: "user",
  id,
  login: id,
  name: id,
  role: "user",
  inboxId: `inbox of ${id}`,
  way: "session",
});
const owner = person("owner");
const admin: User = { ...person("admin"), role: "admin" };
const token = (user: User, more: Partial<User>): User => ({ ...user, way: "token", ...more });
const guest = (role: "viewer" | "editor", checklistId = LIST): Caller => ({
  kind: "guest",
  link: "l",
  checklistId,
  role,
});

/** By name, in the order of the table's columns. */
export const CALLERS: readonly (readonly [name: string, caller: Caller])[] = [
  ["nobody", NOBODY],
  // What has ended or is switched off resolves to nobody; accounts' own tests say that it does.
  ["expired session", NOBODY],
  ["disabled", NOBODY],
  ["stranger", person("stranger")],
  ["viewer", person("viewer")],
  ["editor", person("editor")],
  ["owner", owner],
  ["admin", admin],
  ["guest who views", guest("viewer")],
  ["guest who edits", guest("editor")],
  ["guest of another list", guest("editor", OTHER_LIST)],
  ["token without scope", token(owner, { scopes: [] })],
  ["token to read", token(owner, { scopes: ["read"] })],
  ["token to write", token(owner, { scopes: ["write"] })],
  ["token for another list", token(owner, { scopes: ["read", "write"], checklists: [OTHER_LIST] })],
  ["admin's token without admin", token(admin, { scopes: ["read"] })],
];

/** Roles on {@link LIST}. */
export const ROLES: Readonly<Record<string, Role>> = { owner: "owner", editor: "editor", viewer: "viewer" };
