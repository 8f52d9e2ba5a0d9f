import { BATCH_STATEMENTS_MAX, inOneSlot } from "./log.ts";

interface Waiting<T> {
  readonly item: T;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export interface GatherTimes {
  /** How long items are collected, ms; 0: during the current turn. */
  readonly gatherMs: number;
  /**
   * While this many batches are in progress, items are collected longer, so that more of them share
   * the next.
   */
  readonly underWayMax: number;
  /** No longer than this, ms: a hanging node must delay only what was sent to it. */
  readonly gatherMsMax: number;
}

/** Collects what is added within a turn or a short time, and writes it in batches of one partition. */
export class Gatherer<T extends { readonly n: number }> {
  private waiting: Waiting<T>[] = [];
  private readonly underWay = new Set<Promise<void>>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** @param write one batch */
  constructor(
    private readonly write: (items: readonly T[]) => Promise<void>,
    private readonly times: GatherTimes,
  ) {}

  /** Resolves when it is written. @throws what the batch throws */
  add(item: T): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      if (this.waiting.length === 1) this.schedule();
    });
  }

  /** Writes what is left, and resolves when nothing is in progress any more, however it ended. */
  async finish(): Promise<void> {
    this.flush();
    await Promise.all(this.underWay);
  }

  private schedule(): void {
    const { gatherMs, underWayMax, gatherMsMax } = this.times;
    const busy = this.underWay.size >= underWayMax;
    if (gatherMs === 0 && !busy) setImmediate(() => this.flush());
    else this.timer = setTimeout(() => this.flush(), busy ? gatherMsMax : gatherMs);
  }

  private flush(): void {
    clearTimeout(this.timer);
    const gathered = this.waiting;
    this.waiting = [];
    for (const batch of inOneSlot(gathered, ({ item }) => item.n, BATCH_STATEMENTS_MAX)) this.send(batch);
  }

  private send(batch: readonly Waiting<T>[]): void {
    const written = this.write(batch.map(({ item }) => item)).then(
      () => {
        for (const { resolve } of batch) resolve();
      },
      (error: unknown) => {
        for (const { reject } of batch) reject(error);
      },
    );
    this.underWay.add(written);
    void written.then(() => {
      this.underWay.delete(written);
      if (this.times.gatherMs === 0 && this.waiting.length > 0) this.flush();
    });
  }
}
