/**
 * Who asks. Without accounts that is anyone who reaches the port, and anyone may do everything; with accounts
 * other kinds come here.
 */
export interface Caller {
  readonly kind: "anyone";
}

export const ANYONE: Caller = { kind: "anyone" };

/** What an operation does, as far as it matters who may. */
export type Access =
  /** Shows nothing that belongs to anybody: health, documentation. */
  | "open"
  /** Shows checklists and tasks. */
  | "read"
  /** Changes checklists and tasks. */
  | "write"
  /** Shows or changes how the service runs. */
  | "operate";
