import type { Accounts } from "../../../application/accounts/accounts.ts";
import type { Origin } from "../../../application/accounts/audit.ts";
import type { User } from "../../../domain/access.ts";
import type { Exchange } from "../kernel/exchange.ts";

/** What the service knows about users; its routes exist only where there are accounts. */
export function accountsOf({ services }: Exchange): Accounts {
  if (!services.accounts) throw new TypeError("a route of accounts without accounts");
  return services.accounts;
}

/** The user who sends the request: the gates let nobody else through where a right is needed that only users have. */
export function userOf({ caller }: Exchange): User {
  if (caller.kind !== "user") throw new TypeError("the gates let somebody through who is no user");
  return caller;
}

export function originOf(x: Exchange): Origin {
  const agent = x.headers.get("user-agent");
  return { address: x.client, ...(agent === null ? {} : { agent }) };
}
