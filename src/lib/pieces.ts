/** How long one piece keeps everything else waiting, ms; the item that ends it is finished first. */
const PIECE_MS = 5;

/**
 * Long work on the only thread, done in pieces: one piece in each turn of the event loop, however many callers have
 * work, so that whatever else waits comes next.
 */
export class Pieces {
  #turn: Promise<void> = Promise.resolve();

  /** @param nowMs monotonic */
  constructor(private readonly nowMs: () => number) {}

  /** The first `limit` items that `accepts` is true of. Items are taken as they are needed, one after another. */
  async first<T>(items: Iterable<T>, limit: number, accepts: (item: T) => boolean): Promise<T[]> {
    const found: T[] = [];
    let endsAt = await this.#begun();
    for (const item of items) {
      if (accepts(item) && found.push(item) >= limit) break;
      if (this.nowMs() >= endsAt) endsAt = await this.#begun();
    }
    return found;
  }

  /** Waits for a turn that no other piece has taken. @returns when the piece ends */
  async #begun(): Promise<number> {
    this.#turn = this.#turn.then(() => new Promise((resolve) => setImmediate(resolve)));
    await this.#turn;
    return this.nowMs() + PIECE_MS;
  }
}
