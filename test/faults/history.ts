/** The outcome of one request. */
export type Outcome =
  /** Done and acknowledged. */
  | "ok"
  /** 412: the version was not the row's. */
  | "stale"
  /** 503 that says nothing was changed. */
  | "untouched"
  /** 503 that says the outcome is unknown. */
  | "unknown"
  /** No answer at all. */
  | "lost";

/** A request to change or read a checklist. All times come from one monotonic clock, ms. */
export interface Operation {
  readonly kind: "write" | "read";
  readonly row: string;
  /** The version that a write names in If-Match. */
  readonly expected?: number;
  /** The name that a write gives, different for each write, or the name that a read saw. */
  readonly value: string;
  /** The version after a successful write, or the version that a read saw. */
  readonly version?: number;
  readonly invokedAt: number;
  readonly endedAt: number;
  readonly outcome: Outcome;
}

/** A request to create a task under an Idempotency-Key, repeated until acknowledged. */
export interface Creation {
  readonly text: string;
  readonly acknowledged: boolean;
}

/** One answer to any request, for counting. */
export interface Answer {
  readonly method: string;
  /** 0 if there was no answer. */
  readonly status: number;
  readonly hasRetryAfter: boolean;
  /** The detail of a 503. */
  readonly detail: string;
  readonly invokedAt: number;
  readonly endedAt: number;
}

/** Everything that clients did and saw. */
export class History {
  readonly operations: Operation[] = [];
  readonly creations: Creation[] = [];
  readonly answers: Answer[] = [];
}

/** A request to create, create again, read or delete the row of one key. */
export interface KeyedOperation {
  readonly kind: "create" | "read" | "delete";
  readonly key: string;
  /** The id that a successful creation returned. */
  readonly id?: string;
  /** `absent`: 404. `unknown`: no answer, or another status. */
  readonly outcome: "done" | "absent" | "unknown";
  readonly invokedAt: number;
  readonly endedAt: number;
}
