import { TodosError } from "../../../domain/errors.ts";
import { hostFilter } from "../../../lib/hosts.ts";
import { AUTHORITY } from "./forwarded.ts";

export interface HostRules {
  /** Names to answer to, in addition to loopback names. Empty: any name, unless the port listens on loopback. */
  readonly allowed: readonly string[];
  /** Whether only this machine reaches the port. */
  readonly loopback: boolean;
  /** Its host is one of the service's names, too. */
  readonly publicUrl?: string | undefined;
}

/** Checks the Host header, so that a web page can't reach the service under the page's own name (DNS rebinding). */
export class Hosts {
  /** Most requests repeat the Host of the one before. */
  private lastGood = "";
  private readonly isAllowed: ((authority: string) => boolean) | undefined;
  /** Whether the host that a trusted proxy reports is checked, too. */
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
      throw new TodosError("malformed-request", "The Host header must be one host with an optional port.");
    }
    this.checkName(authority);
    this.lastGood = authority;
  }

  /** @param authority well-formed. @throws TodosError misdirected-request */
  checkName(authority: string): void {
    if (this.isAllowed?.(authority) ?? true) return;
    throw new TodosError(
      "misdirected-request",
      `This service does not answer to ${authority}. TODOS_ALLOWED_HOSTS lists the names it answers to.`,
    );
  }
}
