import type { Accounts } from "../../../application/accounts/accounts.ts";
import type { Origin } from "../../../application/accounts/audit.ts";
import { guestWith } from "../../../application/accounts/credentials.ts";
import type { ShareLink } from "../../../application/accounts/records.ts";
import type { ListRight, Role, User } from "../../../domain/access.ts";
import type { Exchange } from "../kernel/exchange.ts";
import type { Asked } from "../kernel/operation.ts";
import { possibleId } from "../kernel/query.ts";

/** What the service knows about users; its routes exist only where there are accounts. */
export function accountsOf({ services }: Exchange): Accounts {
  if (!services.accounts) throw new TypeError("a route of accounts without accounts");
  return services.accounts.loaded;
}

/** The user who sends the request: the gates let nobody else through where a right is needed that only users have. */
export function userOf({ caller }: Exchange): User {
  if (caller.kind !== "user") throw new TypeError("the gates let somebody through who is no user");
  return caller;
}

/** Id of the link by which a guest came; nothing for a user. */
export function guestLinkOf({ caller }: Exchange): string | undefined {
  return caller.kind === "guest" ? caller.link : undefined;
}

/** Whether the row is of somebody whose part in a checklist its owner may change or end. */
export function isChangeable({ role }: { readonly role: Role }): boolean {
  return role !== "owner";
}

/** The checklist that the path names. @throws TodosError not-found for what can't be an id */
export function checklistIdOf({ params }: Pick<Asked, "params">): string {
  return possibleId(params.id ?? "", "checklist");
}

/** A member may end its own membership, and the owner that of others. */
export function leaveOrShare({ caller, params }: Asked): ListRight {
  return caller.kind === "user" && caller.id === params.userId ? "leave" : "share";
}

/** A user with an account must not become a guest by following a link. */
export function hasAccount({ caller }: Exchange): boolean {
  return caller.kind === "user";
}

/** The answer offers what a guest with the link may do. */
export function actAsGuest(x: Exchange, link: ShareLink): void {
  x.caller = guestWith(link);
  x.role = link.role;
}

export function originOf(x: Exchange): Origin {
  const agent = x.headers.get("user-agent");
  return { address: x.client, ...(agent === null ? {} : { agent }) };
}
