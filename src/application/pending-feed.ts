import { TodosError } from "../domain/errors.ts";
import type {
  Announcement,
  Awaitable,
  Change,
  ChangeEntry,
  ChangeFeed,
  ChangeSubscription,
} from "./ports.ts";

const RETRY_AFTER_S = 2;

/** The feed of a store that may not be open yet: until it is, nobody can announce or listen. */
export class PendingFeed implements ChangeFeed {
  private opened: ChangeFeed | undefined;

  /** From now on everything goes to `feed`. */
  settle(feed: ChangeFeed): void {
    this.opened = feed;
  }

  announce(change: Change): Awaitable<Announcement> {
    return this.feed().announce(change);
  }

  subscribe(
    after: string | undefined,
    deliver: (entry: ChangeEntry) => void,
    cut: () => void,
  ): Awaitable<ChangeSubscription> {
    return this.feed().subscribe(after, deliver, cut);
  }

  async close(): Promise<void> {
    await this.opened?.close();
  }

  private feed(): ChangeFeed {
    if (this.opened) return this.opened;
    throw new TodosError("store-unavailable", "The store is not open yet. Try again in a moment.", {
      retryAfterS: RETRY_AFTER_S,
    });
  }
}
