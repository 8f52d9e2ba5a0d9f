import type { Announcement, Change, ChangeEntry, ChangeFeed, ChangeSubscription } from "./ports.ts";

/** Entries kept for subscribers that come back; older ones mean a `resync`. */
export const FEED_ENTRIES_MAX = 4_096;

type Deliver = (entry: ChangeEntry) => void;

/**
 * The change feed of one process, in memory: a ring of the last {@link FEED_ENTRIES_MAX} entries.
 * @param feedId tells this process's positions from those of any other
 */
export class MemoryFeed implements ChangeFeed {
  private readonly ring: Change[] = [];
  private readonly subscribers = new Set<Deliver>();
  private published = 0;

  constructor(
    private readonly feedId: string,
    private readonly entriesMax = FEED_ENTRIES_MAX,
  ) {}

  /** Nothing is known of a change before it has happened: with this process, whoever would be told is gone too. */
  announce(change: Change): Announcement {
    return {
      happened: (version) => this.publish(version === undefined ? change : { ...change, version }),
      dropped: () => undefined,
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

  close(): void {
    this.subscribers.clear();
  }

  private position(entriesSeen: number): string {
    return `${this.feedId}-${entriesSeen}`;
  }

  /** How many entries a subscriber at `position` has seen, or undefined where later ones are lost. */
  private entriesSeen(position: string): number | undefined {
    const seen = Number(position.slice(this.feedId.length + 1));
    if (!Number.isSafeInteger(seen) || position !== this.position(seen)) return undefined;
    return seen >= this.published - this.entriesMax && seen <= this.published && seen >= 0 ? seen : undefined;
  }
}
