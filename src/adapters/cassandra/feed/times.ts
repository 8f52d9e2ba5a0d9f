/** The times of a shared feed, in milliseconds; what is compared is monotonic. */
export interface FeedTimes {
  /** How long confirmations are collected before they are written together. */
  readonly gatherMs: number;
  /** Least time between two notes of a writer in the table of writers. */
  readonly noteEveryMs: number;
  /** Longest time between two such notes while the writer may announce changes. */
  readonly beatEveryMs: number;
  /** A writer announces nothing once its last note is older than this; it registers again first. */
  readonly leaseMs: number;
  /** A writer without a change for this long signs off; it registers again before its next one. */
  readonly quietMs: number;
  /** Longest time between two notes of a writer that has signed off: they tell that the instance still runs. */
  readonly presenceEveryMs: number;
  /** How often a reader checks whether a writer has something new. */
  readonly pollEveryMs: number;
  /** A writer without a heartbeat for this long may have died before its note: its log is read beyond it. */
  readonly overdueMs: number;
  /** How often such a log is read, until nothing more can come. */
  readonly sweepEveryMs: number;
  /** After this a reader sends a change that was neither confirmed nor dropped. */
  readonly deadlineMs: number;
  /** Longest time for an announcement, so that a change ends before the deadline. */
  readonly announceMs: number;
  /**
   * A change that happened later than this after its announcement is announced again: readers may have sent it
   * already.
   */
  readonly confirmMs: number;
}

export const FEED_TIMES: FeedTimes = {
  gatherMs: 25,
  noteEveryMs: 200,
  beatEveryMs: 5_000,
  leaseMs: 10_000,
  quietMs: 60_000,
  presenceEveryMs: 60_000,
  // With what else an idle instance sends, fewer than four statements a second.
  pollEveryMs: 300,
  overdueMs: 7_000,
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
/** For writers of a release whose notes have no lease: they note once a minute, and a note may be late. */
export const UNLEASED_OVERDUE_MS = 62_000;
