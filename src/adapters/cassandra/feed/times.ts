/** How a shared feed is timed. All in milliseconds; what is held against each other is monotonic. */
export interface FeedTimes {
  /** How long confirmations gather before they are written together. */
  readonly gatherMs: number;
  /** Least time between two notes of a writer in the table of writers. */
  readonly noteEveryMs: number;
  /** Longest time between two such notes, so that an idle writer is not forgotten. */
  readonly beatEveryMs: number;
  /** How often a reader looks whether a writer has something new. */
  readonly pollEveryMs: number;
  /** How often it reads writers whose note tells of nothing new, because they may have died before it. */
  readonly sweepEveryMs: number;
  /** After this a reader tells a change that nobody confirmed or dropped. */
  readonly deadlineMs: number;
  /** Longest an announcement may take, so that a change comes to its end before the deadline. */
  readonly announceMs: number;
  /** A change that happened later than this after its announcement is announced anew: readers may have told it. */
  readonly confirmMs: number;
}

export const FEED_TIMES: FeedTimes = {
  gatherMs: 25,
  noteEveryMs: 200,
  beatEveryMs: 60_000,
  pollEveryMs: 250,
  sweepEveryMs: 5_000,
  // An announcement's 4.5 s, an operation's 5 s, and 2 s for its last statement.
  deadlineMs: 15_000,
  announceMs: 4_500,
  confirmMs: 10_000,
};

/** How long a change can be read, as migration 0004 says. */
export const LOG_KEPT_MS = 3_600_000;
/** A position older than this is answered by a resync: what came after it may be gone before it has been read. */
export const POSITION_AGE_MAX_MS = 3_300_000;
/** How far apart the clocks of two instances may be. */
export const CLOCK_SKEW_MAX_MS = 60_000;
/** A writer that has not been heard of for this long is read only when it is heard of again. */
export const AWAKE_MS = 180_000;
