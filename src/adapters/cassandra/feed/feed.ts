import type {
  Announcement,
  Change,
  ChangeEntry,
  ChangeFeed,
  ChangeSubscription,
  Clock,
  Log,
} from "../../../application/ports.ts";
import type { Session } from "../session.ts";
import { ChangeLog } from "./log.ts";
import { missedSince } from "./missed.ts";
import { decodedPosition } from "./position.ts";
import { ChangeReader } from "./reader.ts";
import { FEED_TIMES, type FeedTimes } from "./times.ts";
import { ChangeWriter } from "./writer.ts";

/** Entries kept for a subscriber while it still receives what it missed. */
const BACKLOG_ENTRIES_MAX = 4_096;

export interface CassandraFeedOptions {
  readonly session: Session;
  /** Of the store; positions of another one mean nothing here. */
  readonly epoch: string;
  readonly logger: Log;
  readonly clock: Clock;
  readonly times?: FeedTimes;
}

/**
 * The change feed of all instances on one keyspace: a log in the store, written before each change and
 * confirmed after it. It is read only while someone listens.
 */
export class CassandraFeed implements ChangeFeed {
  private readonly log: ChangeLog;
  private readonly times: FeedTimes;
  private readonly subscribers = new Set<Subscriber>();
  private writer: ChangeWriter;
  private reading: Promise<ChangeReader> | undefined;

  constructor(private readonly options: CassandraFeedOptions) {
    this.log = new ChangeLog(options.session);
    this.times = options.times ?? FEED_TIMES;
    this.writer = this.newWriter();
  }

  announce(change: Change): Promise<Announcement> {
    if (this.writer.forgotten) {
      void this.writer.close();
      this.writer = this.newWriter();
    }
    return this.writer.announce(change);
  }

  async subscribe(
    after: string | undefined,
    deliver: (entry: ChangeEntry) => void,
    cut: () => void,
  ): Promise<ChangeSubscription> {
    const subscriber = new Subscriber(deliver, cut);
    // Counted before the reader is there, so that nobody stops it in between.
    this.subscribers.add(subscriber);
    try {
      const reader = await this.reader();
      const resumed = after === undefined || (await this.catchUp(subscriber, after, reader));
      // A subscriber that must read everything again must get nothing before: it would count as a place to continue
      // from.
      if (!resumed) subscriber.forgetKept();
      subscriber.flush();
      return {
        resumed,
        get position() {
          return reader.position();
        },
        unsubscribe: () => this.leave(subscriber),
      };
    } catch (error) {
      this.leave(subscriber);
      throw error;
    }
  }

  async close(): Promise<void> {
    for (const subscriber of [...this.subscribers]) this.leave(subscriber);
    await this.writer.close();
  }

  /** @returns whether the subscriber has received what it missed */
  private async catchUp(subscriber: Subscriber, after: string, reader: ChangeReader): Promise<boolean> {
    const { epoch, clock } = this.options;
    const from = decodedPosition(epoch, after, clock.now());
    if (!from) return false;
    // From now on everything the reader sends is kept for the subscriber.
    const missed = await missedSince(this.log, epoch, from, reader.snapshot());
    for (const entry of missed ?? []) subscriber.deliver(entry);
    return missed !== undefined;
  }

  private leave(subscriber: Subscriber): void {
    if (!this.subscribers.delete(subscriber) || this.subscribers.size > 0) return;
    const { reading } = this;
    this.reading = undefined;
    void reading?.then(
      (reader) => reader.stop(),
      () => undefined,
    );
  }

  private reader(): Promise<ChangeReader> {
    this.reading ??= this.startReader();
    return this.reading;
  }

  private async startReader(): Promise<ChangeReader> {
    const { logger, clock, epoch } = this.options;
    const starting: Promise<ChangeReader> = ChangeReader.start({
      log: this.log,
      logger,
      clock,
      epoch,
      times: this.times,
      tell: (entry) => {
        for (const subscriber of this.subscribers) subscriber.take(entry);
      },
      lost: () => {
        for (const subscriber of [...this.subscribers]) {
          this.leave(subscriber);
          subscriber.cut();
        }
      },
    });
    try {
      return await starting;
    } catch (error) {
      this.reading = undefined;
      throw error;
    }
  }

  private newWriter(): ChangeWriter {
    const { logger, clock } = this.options;
    return new ChangeWriter({ log: this.log, logger, clock, times: this.times });
  }
}

/** A listener; until it has received what it missed, new entries are kept for it. */
class Subscriber {
  private kept: ChangeEntry[] | undefined = [];

  constructor(
    readonly deliver: (entry: ChangeEntry) => void,
    readonly cut: () => void,
  ) {}

  take(entry: ChangeEntry): void {
    if (!this.kept) this.deliver(entry);
    else if (this.kept.length < BACKLOG_ENTRIES_MAX) this.kept.push(entry);
    else this.cut();
  }

  forgetKept(): void {
    this.kept = [];
  }

  flush(): void {
    const kept = this.kept ?? [];
    this.kept = undefined;
    for (const entry of kept) this.deliver(entry);
  }
}
