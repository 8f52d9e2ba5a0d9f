/** The outcome of one request. */
export type Outcome =
  /** Done and acknowledged. */
  | "ok"
  /** A version that was not the row's: 412. */
  | "stale"
  /** 503 that says that nothing was changed. */
  | "untouched"
  /** 503 that says that the outcome is unknown. */
  | "unknown"
  /** No answer at all. */
  | "lost";

/** One request to change or read a checklist; times are of one monotonic clock, ms. */
export interface Operation {
  readonly kind: "write" | "read";
  readonly row: string;
  /** Of a write: the version it names in If-Match. */
  readonly expected?: number;
  /** Of a write: the name it gives, like no other. Of a read: the name it saw. */
  readonly value: string;
  /** After a write that was done; of a read: the version it saw. */
  readonly version?: number;
  readonly invokedAt: number;
  readonly endedAt: number;
  readonly outcome: Outcome;
}

/** One request to create a task under an Idempotency-Key, repeated until it was acknowledged. */
export interface Creation {
  readonly text: string;
  readonly acknowledged: boolean;
}

/** One answer, whatever was asked, for counting. */
export interface Answer {
  readonly method: string;
  /** 0: none. */
  readonly status: number;
  readonly hasRetryAfter: boolean;
  /** The reason, if it was not done. */
  readonly detail: string;
  readonly invokedAt: number;
  readonly endedAt: number;
}

/** All that clients did and saw. */
export class History {
  readonly operations: Operation[] = [];
  readonly creations: Creation[] = [];
  readonly answers: Answer[] = [];
}

/** One request about the row that is made under a key: to create it (again), to look at it, to delete it. */
export interface KeyedOperation {
  readonly kind: "create" | "read" | "delete";
  readonly key: string;
  /** Of a creation that was done: the id it was told. */
  readonly id?: string;
  /** Absent: 404. Unknown: there was no answer. */
  readonly outcome: "done" | "absent" | "unknown";
  readonly invokedAt: number;
  readonly endedAt: number;
}
