import type { Announcement, Change, ChangeEntry, ChangeFeed, ChangeSubscription } from "./ports.ts";

/** Entries kept for subscribers that come back; after that they get a `resync`. */
export const FEED_ENTRIES_MAX = 4_096;

/**
 * When a change of unknown outcome is announced a second time, ms. In an embedded store it happens at once or
 * never; in a cluster a transaction may take effect this late.
 */
export const UNDECIDED_TOLD_AGAIN_MS = 15_000;

type Deliver = (entry: ChangeEntry) => void;

/**
 * The change feed of one process, in memory: a ring of the last {@link FEED_ENTRIES_MAX} entries.
 * @param feedId distinguishes this process's positions from those of any other
 */
export class MemoryFeed implements ChangeFeed {
  private readonly ring: Change[] = [];
  private readonly subscribers = new Set<Deliver>();
  /** Changes to announce a second time; at most as many as the ring holds. */
  private readonly toldAgain = new Set<ReturnType<typeof setTimeout>>();
  private published = 0;

  constructor(
    private readonly feedId: string,
    private readonly entriesMax = FEED_ENTRIES_MAX,
  ) {}

  /** Records nothing before a change happens: if this process dies, its subscribers are gone too. */
  announce(change: Change): Announcement {
    return {
      happened: (version) => this.publish(version === undefined ? change : { ...change, version }),
      dropped: () => undefined,
      undecided: () => this.tellTwice(change),
    };
  }

  publish(change: Change): void {
    this.ring[this.published % this.entriesMax] = change;
    this.published++;
    if (this.subscribers.size === 0) return;
    const entry = { ...change, position: this.position(this.published) };
    for (const deliver of this.subscribers) deliver(entry);
  }

  subscribe(after: string | undefined, deliver: Deliver): ChangeSubscription {
    const seen = after === undefined ? this.published : this.entriesSeen(after);
    for (let i = seen ?? this.published; i < this.published; i++) {
      const change = this.ring[i % this.entriesMax];
      if (change) deliver({ ...change, position: this.position(i + 1) });
    }
    this.subscribers.add(deliver);
    const here = () => this.position(this.published);
    return {
      resumed: seen !== undefined,
      get position() {
        return here();
      },
      unsubscribe: () => this.subscribers.delete(deliver),
    };
  }

  /** A client that reads after the first announcement may still see the old state. */
  private tellTwice(change: Change): void {
    this.publish(change);
    if (this.toldAgain.size >= this.entriesMax) return;
    const timer = setTimeout(() => {
      this.toldAgain.delete(timer);
      this.publish(change);
    }, UNDECIDED_TOLD_AGAIN_MS);
    timer.unref();
    this.toldAgain.add(timer);
  }

  close(): void {
    for (const timer of this.toldAgain) clearTimeout(timer);
    this.toldAgain.clear();
    this.subscribers.clear();
  }

  private position(entriesSeen: number): string {
    return `${this.feedId}-${entriesSeen}`;
  }

  /** How many entries a subscriber at `position` has seen, or undefined if later ones are lost. */
  private entriesSeen(position: string): number | undefined {
    const seen = Number(position.slice(this.feedId.length + 1));
    if (!Number.isSafeInteger(seen) || position !== this.position(seen)) return undefined;
    return seen >= this.published - this.entriesMax && seen <= this.published && seen >= 0 ? seen : undefined;
  }
}
