/** What somebody may do with a checklist. */
export type Role = "owner" | "editor" | "viewer";

/** What an API token may be used for. */
export type Scope = "read" | "write" | "admin";

/** Who sends a request. */
export type Caller =
  /** Anyone who can reach the port: there are no accounts. */
  | { readonly kind: "anyone" }
  /** There are accounts, and the request names none. */
  | { readonly kind: "nobody" }
  | User
  | Guest;

/** Somebody with a share link. */
export interface Guest {
  readonly kind: "guest";
  /** The link's public id. */
  readonly link: string;
  readonly checklistId: string;
  readonly role: "editor" | "viewer";
}

/** A caller who has something. */
export type Somebody = User | Guest;

export interface User {
  readonly kind: "user";
  readonly id: string;
  readonly login: string;
  readonly name: string;
  readonly role: "admin" | "user";
  /** The checklist of tasks for which the user names none. */
  readonly inboxId: string;
  /** How the request says who it is. */
  readonly way: "session" | "token" | "jwt" | "proxy";
  /** The session's public id. */
  readonly session?: string;
  /** Of an API token; absent: everything that the user may do. */
  readonly scopes?: readonly Scope[];
  /** The only checklists that an API token reaches; absent: all of the user's. */
  readonly checklists?: readonly string[];
}

/** Rights that depend on the caller's role on one checklist. */
export type ListRight =
  /** See it and its tasks. */
  | "read"
  /** See who else has it. */
  | "members"
  /** Create, change and delete tasks. */
  | "write"
  | "rename"
  /** Invite, change and remove members, make links, give it to another owner. */
  | "share"
  /** Delete and restore it. */
  | "delete"
  /** End one's own membership. */
  | "leave";

/** Rights that depend on the caller alone. */
export type CallerRight =
  /** Anyone's, with and without accounts: health, documentation. */
  | "open"
  /** Anyone's, and it shows each what they may do: the root. */
  | "enter"
  /** Anyone's, where there are accounts: what leads to an account. */
  | "sign-in"
  /** A user's own things. */
  | "signed-in"
  /** End the session, or the part of a guest, that the request belongs to. */
  | "sign-out"
  /** A user's own credentials: an API token that could make others would never end. */
  | "credentials"
  /** Other users. */
  | "admin"
  /** How the service runs. */
  | "operate"
  | "create-list"
  /** All checklists of the caller: what is read or written is decided list by list. */
  | "own";

export type Right = CallerRight | ListRight;

export type Decision =
  | "allowed"
  /** It may be allowed to somebody; the request doesn't say who sends it. */
  | "unauthenticated"
  /** As if there were no such thing. */
  | "hidden"
  /** The right that is missing. */
  | { readonly forbidden: string };

const RIGHTS_OF: Readonly<Record<Role, ReadonlySet<Right>>> = {
  viewer: new Set<ListRight>(["read", "members", "leave"]),
  editor: new Set<ListRight>(["read", "members", "write", "rename", "leave"]),
  owner: new Set<ListRight>(["read", "members", "write", "rename", "share", "delete"]),
};

/** A guest has no part of its own in a list, and is not told the logins of those who have. */
const NOT_OF_GUESTS: ReadonlySet<Right> = new Set<Right>(["members", "leave"]);

const CALLER_RIGHTS: ReadonlySet<Right> = new Set<CallerRight>([
  "open",
  "enter",
  "sign-in",
  "signed-in",
  "sign-out",
  "credentials",
  "admin",
  "operate",
  "create-list",
  "own",
]);

/** What there is only with accounts. */
const OF_ACCOUNTS: ReadonlySet<Right> = new Set<Right>([
  "sign-in",
  "signed-in",
  "sign-out",
  "credentials",
  "admin",
  "members",
  "share",
  "leave",
]);

/**
 * Decides whether the caller may. Nothing else in the program does.
 * @param role the caller's role on the checklist that the right is about
 * @param isSafe whether the request only reads: GET and HEAD
 */
export function decided(caller: Caller, right: Right, role: Role | undefined, isSafe: boolean): Decision {
  if (right === "open" || right === "enter") return "allowed";
  if (caller.kind === "anyone") return OF_ACCOUNTS.has(right) ? "hidden" : "allowed";
  if (right === "sign-in") return "allowed";
  if (caller.kind === "nobody") return "unauthenticated";
  const missing = caller.kind === "user" ? missingScope(caller, right, isSafe) : undefined;
  if (missing !== undefined) return { forbidden: missing };
  if (CALLER_RIGHTS.has(right)) return hasRight(caller, right) ? "allowed" : { forbidden: right };
  if (role === undefined) return "hidden";
  const isOfGuests = caller.kind !== "guest" || !NOT_OF_GUESTS.has(right);
  return isOfGuests && RIGHTS_OF[role].has(right) ? "allowed" : { forbidden: right };
}

/** By method, whatever the path: a new path can't forget it. */
function missingScope({ scopes }: User, right: Right, isSafe: boolean): string | undefined {
  if (scopes === undefined) return undefined;
  const needed: Scope = isSafe ? "read" : "write";
  if (!scopes.includes(needed)) return `scope ${needed}`;
  const isAdmin = right === "admin" || right === "operate";
  return isAdmin && !scopes.includes("admin") ? "scope admin" : undefined;
}

function hasRight(caller: Somebody, right: Right): boolean {
  if (right === "own" || right === "sign-out") return true;
  // A guest, and a token for some checklists, have nothing but those.
  if (caller.kind === "guest" || caller.checklists !== undefined) return false;
  if (right === "admin" || right === "operate") return caller.role === "admin";
  return right !== "credentials" || caller.way !== "token";
}
