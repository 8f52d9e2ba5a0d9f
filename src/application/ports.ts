import type { Violation } from "../domain/errors.ts";

/**
 * A value now or later. An embedded store has its rows at once, and a promise would cost more than the read; a use case
 * awaits only promises.
 */
export type Awaitable<T> = T | Promise<T>;

/** Most rows a page may hold. */
export const PAGE_ROWS_MAX = 200;
/** Most rows that a filtered page reads, so that a rare match can't make one request scan a list. */
export const FILTERED_ROWS_READ_MAX = 1_000;

/** Part of an ordered listing. A `next` means that there may be more after that key; only its absence ends it. */
export interface Slice<T> {
  readonly items: readonly T[];
  /** Last key examined: pass it as `after` to continue. */
  readonly next?: string;
}

/** The outcome of a write to an existing row. */
export type Written<T> =
  | { readonly outcome: "written"; readonly row: T }
  /** No such row, or its checklist is gone. */
  | { readonly outcome: "missing" }
  /** The guard did not hold for the row's version. */
  | { readonly outcome: "stale"; readonly version: number }
  /** The domain refused the change for the stored row. */
  | { readonly outcome: "refused"; readonly violation: Violation };

/** The outcome of a creation. */
export type Created =
  | { readonly outcome: "created" }
  /** The checklist of a new task does not exist (any more). */
  | { readonly outcome: "missing" }
  /** Another request with the same idempotency key came first; this is its answer. */
  | { readonly outcome: "answered"; readonly answer: Answer }
  /** Another request holds the same idempotency key, for another body. */
  | { readonly outcome: "other-body" };

/** The outcome of a restoration from the trash. With a key, another request with it may have come first. */
export type Restored<T> = Written<T> | Exclude<Created, { readonly outcome: "created" }>;

/** A finished answer, stored to be repeated. Header names are lower case. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Names one use of an Idempotency-Key: `scope` is method, path and checklist; `fingerprint` stands for the body. */
export interface IdempotencyRequest {
  readonly scope: string;
  readonly key: string;
  readonly fingerprint: string;
}

/** The answer to a request with a key. */
export interface KeptAnswer extends IdempotencyRequest {
  readonly answer: Answer;
  /** Milliseconds since the Unix epoch; the key may be forgotten from then on. */
  readonly expiresAt: number;
}

/** Recorded together with the row that a keyed request creates. */
export interface Receipt extends KeptAnswer {
  /** The claim's. */
  readonly owner: string;
  /** The claim's. */
  readonly made?: boolean;
}

/** What a keyed request is going to do: restore the row of this version, and answer like this. */
export interface PlannedRestoration {
  readonly forVersion: number;
  readonly answer: Answer;
}

/** Recorded together with the row that a keyed request restores. */
export interface RestorationReceipt extends Receipt, PlannedRestoration {
  /** The claim's. */
  readonly id: string;
}

/**
 * Permission to create a row, or to restore one. It must use this id and time: a retry after a crash must create the
 * same row.
 */
export interface Grant {
  readonly outcome: "granted";
  readonly id: string;
  readonly at: number;
  /** Identifies this request: another request of the same process that takes over the key has another one. */
  readonly owner: string;
  /**
   * An earlier request created the row, and it was deleted since: the request is answered, and the row not created
   * again.
   */
  readonly made?: boolean;
  /** What an earlier request may have done already: a retry must not do anything else. */
  readonly planned?: PlannedRestoration;
}

/** May a keyed request go ahead? */
export type Claim =
  /** Yes. */
  | Grant
  | { readonly outcome: "answered"; readonly answer: Answer }
  | { readonly outcome: "other-body" }
  | { readonly outcome: "in-progress"; readonly retryAfterMs: number };

/** How long a key is remembered, and how long one request may work on it before another may take over. */
export const IDEMPOTENCY_KEPT_MS = 24 * 60 * 60 * 1_000;
export const IDEMPOTENCY_LEASE_MS = 10_000;

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
}

/** Uniform from 0 to below 1. */
export type RandomSource = () => number;

export interface Ids {
  /** A UUIDv7 in text form, greater than every one given before by this process. */
  next(): string;
}

export type ChangeType =
  | "checklist.created"
  | "checklist.updated"
  | "checklist.deleted"
  | "checklist.restored"
  | "task.created"
  | "task.updated"
  | "task.deleted"
  | "task.restored";

/** Something that happened to one resource; `taskId` is present for tasks only. */
export interface Change {
  readonly type: ChangeType;
  readonly checklistId: string;
  readonly taskId?: string;
  /** The row's version after the write; none after a deletion. */
  readonly version?: number;
  /** Users whose checklist it was: once it is gone, an embedded store can't tell. Only within one process. */
  readonly readers?: readonly string[];
}

export interface ChangeEntry extends Change {
  /** Opaque position in the feed, for `Last-Event-ID`. */
  readonly position: string;
}

export interface ChangeSubscription {
  /** False if entries between the requested position and now are lost: the subscriber must read everything again. */
  readonly resumed: boolean;
  /** The subscriber's current position: everything before it was delivered, or does not concern it. */
  readonly position: string;
  unsubscribe(): void;
}

/** A change that is about to be made. Call exactly one of these. */
export interface Announcement {
  /** @param version the row's after the write; none after a deletion */
  happened(version?: number): void;
  dropped(): void;
  /** Its outcome is unknown: an event is sent, even if it did not happen. */
  undecided(): void;
}

/**
 * Reports each change at least once, after it can be read. It may report a change that did not happen, if a process
 * died during it; it never misses one.
 */
export interface ChangeFeed {
  /** The change may be made once this has resolved. @throws TodosError store-unavailable */
  announce(change: Change): Awaitable<Announcement>;
  /**
   * @param after position of the last entry seen; absent: from now on
   * @param cut called if not everything can be delivered any more: the subscriber must return with its position
   * @throws TodosError store-unavailable
   */
  subscribe(
    after: string | undefined,
    deliver: (entry: ChangeEntry) => void,
    cut: () => void,
  ): Awaitable<ChangeSubscription>;
  /** Sends what is left, and nothing more. */
  close(): Awaitable<void>;
}

export const LOG_LEVELS = ["OFF", "ERROR", "WARN", "INFO", "DEBUG", "TRACE"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFields = Readonly<Record<string, unknown>>;

/** One logger by name (`todos.http`). Never give it secrets or a user's texts. */
export interface Log {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
}

/** All loggers, for the operator who turns one up. Names are dotted; a level is inherited from the nearest parent. */
export interface Loggers {
  get(name: string): Log;
  levels(): readonly {
    readonly name: string;
    readonly configured?: LogLevel;
    readonly effective: LogLevel;
  }[];
  level(name: string): { readonly configured?: LogLevel; readonly effective: LogLevel } | undefined;
  /** `undefined` takes the level away again, so that the parent's counts. */
  setLevel(name: string, level: LogLevel | undefined): void;
}

/** What the program counts and times as it works. Durations are seconds. */
export interface Meter {
  requestServed(method: string, route: string, status: number, seconds: number): void;
  storeOperated(operation: string, outcome: "success" | "error", seconds: number): void;
  /** One statement sent to a cluster, for the first time or again. */
  statementSent(attempt: "first" | "retry"): void;
  /** One statement refused for lack of capacity. */
  statementThrottled(): void;
  /** Writes that shared one fsync. */
  groupCommitted(writes: number): void;
  taskMoved(from: string, to: string): void;
  requestsInFlight(delta: 1 | -1): void;
}

/** One measurement in Micrometer's terms, for `/actuator/metrics/{name}`. */
export interface Measurement {
  readonly name: string;
  readonly description: string;
  readonly baseUnit?: string;
  readonly measurements: readonly { readonly statistic: string; readonly value: number }[];
  readonly availableTags: readonly { readonly tag: string; readonly values: readonly string[] }[];
}

export interface MetricsReader {
  names(): readonly string[];
  /** @param tags pairs to drill down by; `undefined` if no series has them all */
  measurement(name: string, tags: readonly (readonly [string, string])[]): Measurement | undefined;
  /** Prometheus text format, version 0.0.4. */
  prometheus(): string;
}
