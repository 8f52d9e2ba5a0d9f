import { CassandraFeed } from "../../../src/adapters/cassandra/feed/feed.ts";
import { ChangeLog } from "../../../src/adapters/cassandra/feed/log.ts";
import { FEED_TIMES, type FeedTimes } from "../../../src/adapters/cassandra/feed/times.ts";
import { Session } from "../../../src/adapters/cassandra/session.ts";
import type { Change, ChangeEntry, ChangeFeed, Clock } from "../../../src/application/ports.ts";
import type { Keyspace } from "../../support/cassandra/keyspace.ts";
import { KeptLog } from "../sqlite/support.ts";

export const EPOCH = "epoch0123456";
/** Deadlines short enough for a test. */
export const QUICK: FeedTimes = {
  ...FEED_TIMES,
  gatherMs: 2,
  noteEveryMs: 10,
  beatEveryMs: 100,
  pollEveryMs: 20,
  overdueMs: 300,
  sweepEveryMs: 100,
  deadlineMs: 400,
};
const HEARD_DEADLINE_MS = 20_000;

/** One instance: its own connections, its own feed. */
export interface Instance extends AsyncDisposable {
  readonly feed: CassandraFeed;
  readonly log: ChangeLog;
  readonly session: Session;
  /** Statements sent so far. */
  readonly statements: () => number;
}

export interface InstanceOptions {
  readonly times?: FeedTimes;
  readonly clock?: Clock;
  readonly epoch?: string;
}

export async function instance({ settings }: Keyspace, options: InstanceOptions = {}): Promise<Instance> {
  let statements = 0;
  const session = await Session.connect(settings, () => statements++);
  const { times = QUICK, clock = { now: Date.now }, epoch = EPOCH } = options;
  const feed = new CassandraFeed({ session, epoch, logger: new KeptLog(), clock, times });
  return {
    feed,
    log: new ChangeLog(session),
    session,
    statements: () => statements,
    async [Symbol.asyncDispose]() {
      await feed.close();
      await session.close();
    },
  };
}

/** Someone who listens, and what was told. */
export class Listener implements AsyncDisposable {
  readonly entries: ChangeEntry[] = [];
  wasCut = false;
  private wake = Promise.withResolvers<void>();

  private constructor(private leave: () => void) {}

  /** How many it had received before it knew whether it could resume. */
  early = 0;
  resumed = false;
  position = "";
  /** The id that a heartbeat would give it. */
  now: () => string = () => "";

  static async to(feed: ChangeFeed, after?: string): Promise<Listener> {
    const listener = new Listener(() => undefined);
    const subscription = await feed.subscribe(
      after,
      (entry) => listener.hear(entry),
      () => {
        listener.wasCut = true;
      },
    );
    listener.early = listener.entries.length;
    listener.leave = () => subscription.unsubscribe();
    listener.resumed = subscription.resumed;
    listener.position = subscription.position;
    listener.now = () => subscription.position;
    return listener;
  }

  /** Ids of the lists in the events it received. */
  get told(): string[] {
    return this.entries.map(({ checklistId }) => checklistId);
  }

  /** The first entry about this list, waited for. */
  of(checklistId: string): Promise<ChangeEntry> {
    return this.until((entry) => entry.checklistId === checklistId, checklistId);
  }

  /** The first such entry, waited for. @throws Error past a generous deadline */
  async until(isIt: (entry: ChangeEntry) => boolean, what: string): Promise<ChangeEntry> {
    const deadline = performance.now() + HEARD_DEADLINE_MS;
    for (;;) {
      const found = this.entries.find(isIt);
      if (found) return found;
      if (performance.now() > deadline) throw new Error(`nothing was told of ${what}`);
      await Promise.race([this.wake.promise, Bun.sleep(1_000)]);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.leave();
  }

  private hear(entry: ChangeEntry): void {
    this.entries.push(entry);
    this.wake.resolve();
    this.wake = Promise.withResolvers<void>();
  }
}

export function change(checklistId: string): Change {
  return { type: "checklist.updated", checklistId };
}

/** A change that is announced, and has happened. */
export async function happen(feed: ChangeFeed, checklistId: string, version = 2): Promise<void> {
  (await feed.announce(change(checklistId))).happened(version);
}
