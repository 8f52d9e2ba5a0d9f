import { TodosError } from "../../domain/errors.ts";
import { hostFilter } from "../../lib/hosts.ts";
import { AUTHORITY } from "./forwarded.ts";

export interface HostRules {
  /** Names that are answered, besides loopback names; empty: any name, unless the port is a loopback one. */
  readonly allowed: readonly string[];
  /** Whether only this machine reaches the port. */
  readonly loopback: boolean;
  /** Its host is a name of the service's, too. */
  readonly publicUrl?: string | undefined;
}

/** Which Host headers are answered: a web page must not reach the service under a name of its own. */
export class Hosts {
  /** Clients repeat themselves: most requests need no second look at their Host. */
  private lastGood = "";
  private readonly isAllowed: ((authority: string) => boolean) | undefined;
  /** Whether a trusted proxy's word for the host is held against the list, too. */
  readonly holdsForwarded: boolean;

  constructor({ allowed, loopback, publicUrl }: HostRules) {
    this.holdsForwarded = allowed.length > 0;
    if (allowed.length === 0 && !loopback) return;
    this.isAllowed = hostFilter(publicUrl === undefined ? allowed : [...allowed, new URL(publicUrl).host]);
  }

  /** @throws TodosError malformed-request (RFC 9112, 3.2), misdirected-request */
  check(authority: string): void {
    if (authority === this.lastGood) return;
    if (!AUTHORITY.test(authority)) {
      throw new TodosError("malformed-request", "The Host header is not one host with an optional port.");
    }
    this.checkName(authority);
    this.lastGood = authority;
  }

  /** @param authority well-formed. @throws TodosError misdirected-request */
  checkName(authority: string): void {
    if (this.isAllowed?.(authority) ?? true) return;
    throw new TodosError(
      "misdirected-request",
      `${authority} is no name of this service; TODOS_ALLOWED_HOSTS lists those that are answered.`,
    );
  }
}
