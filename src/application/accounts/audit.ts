import type { Log } from "../ports.ts";

/** Where a request comes from. */
export interface Origin {
  /** As limits count it: an IPv4 address, or the /64 of an IPv6 one. */
  readonly address: string;
  /** What the client calls itself. */
  readonly agent?: string;
}

export const AUDIT_LOGGER = "todos.audit";

/** What can be read later: who did what, from where, on what. */
export type Act =
  | "set-up"
  | "set-up refused"
  | "sign-in"
  | "sign-in refused"
  | "sign-out"
  | "password changed"
  | "password refused"
  | "link made"
  | "link used"
  | "session ended"
  | "second factor on"
  | "second factor off"
  | "passkey added"
  | "passkey removed"
  | "identity linked"
  | "identity removed"
  | "token made"
  | "token revoked"
  | "user made"
  | "user changed"
  | "user removed"
  | "member invited"
  | "invitation accepted"
  | "invitation declined"
  | "member changed"
  | "member removed"
  | "member left"
  | "owner changed"
  | "share link made"
  | "share link opened"
  | "guest left"
  | "share link revoked";

/** @property who a login; of somebody unknown there is none, since people type passwords in the wrong place */
export interface Told {
  readonly who?: string | undefined;
  readonly from?: string | undefined;
  /** The id or the login of what it is about. */
  readonly on?: string | undefined;
  readonly [detail: string]: string | number | boolean | undefined;
}

/** One line an act. Never give it a secret, or a text that somebody wrote. */
export class Audit {
  constructor(private readonly log: Log) {}

  tell(act: Act, told: Told): void {
    this.log.info(act, told);
  }
}
