/**
 * Who sends a request. Without accounts that is anyone who can reach the port, and anyone may do everything.
 * Accounts will add other kinds.
 */
export interface Caller {
  readonly kind: "anyone";
}

export const ANYONE: Caller = { kind: "anyone" };

/** What an operation does, for permissions. */
export type Access =
  /** Shows nobody's data: health, documentation. */
  | "open"
  /** Shows checklists and tasks. */
  | "read"
  /** Changes checklists and tasks. */
  | "write"
  /** Shows or changes how the service runs. */
  | "operate";
