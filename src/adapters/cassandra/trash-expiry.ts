import type { Clock, Log } from "../../application/ports.ts";
import { pause } from "../../lib/pause.ts";
import type { PurgeQueue, Together } from "./purge-queue.ts";
import type { WorkLease } from "./work-lease.ts";

/** How often to look for what is due, ms; with jitter, so that instances take turns. */
const LOOK_EVERY_MS = 60_000;
/** A step that takes seconds met a failing store, which a longer pause would not help, ms. */
const PAUSE_MS_MAX = 2_000;

/** A queue, and what to do with its records when they are due. */
export interface Expiring {
  readonly queue: PurgeQueue;
  /** Records of one list that are done together at most; by default one. */
  readonly atOnceMax?: number;
  /** Pause after each step, as a multiple of the time that the step took; by default none. */
  readonly pauseFactor?: number;
  /** Only one instance at a time does it. */
  readonly lease?: WorkLease;
  /** @returns whether nothing is left to do for any of the records */
  expire(records: Together): Promise<boolean>;
}

/**
 * Removes what has been in the trash for its time, and what is left of moves of tasks. It can be interrupted anywhere:
 * any instance repeats it.
 */
export class TrashExpiry {
  private readonly timer: ReturnType<typeof setTimeout>;
  /** What is in progress: one kind does not wait for another, which may have much to do. */
  private readonly working = new Map<Expiring, Promise<void>>();
  private readonly closing = new AbortController();

  constructor(
    private readonly kinds: readonly Expiring[],
    private readonly clock: Clock,
    private readonly log: Log,
  ) {
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS * (0.5 + Math.random()));
    this.timer.unref();
  }

  /** Resolves when everything that is due is gone, or is another instance's to remove. Failures are left for the next time. */
  async everything(): Promise<void> {
    for (const kind of this.kinds) {
      // What is in progress may have passed by what became due since.
      while (this.working.has(kind)) await this.working.get(kind);
      await this.begun(kind);
    }
  }

  async close(): Promise<void> {
    this.closing.abort();
    clearInterval(this.timer);
    await Promise.all(this.working.values());
  }

  private look(): void {
    for (const kind of this.kinds) {
      if (this.working.has(kind)) continue;
      this.begun(kind).catch((error: unknown) => this.failed(error));
    }
  }

  /** Never twice at once: each would see the lease change hands, and end. The caller is told of its failure. */
  private begun(kind: Expiring): Promise<void> {
    const work = this.workOff(kind);
    const done = () => void this.working.delete(kind);
    this.working.set(kind, work.then(done, done));
    return work;
  }

  private async workOff(kind: Expiring): Promise<void> {
    const { queue, atOnceMax = 1, pauseFactor = 0, lease } = kind;
    try {
      await queue.workOff(this.clock.now(), {
        atOnceMax,
        some: (records) => this.paced(pauseFactor, () => kind.expire(records)),
        failed: (error) => this.failed(error),
        mayGoOn: async () => !this.closing.signal.aborted && (lease === undefined || (await lease.held())),
      });
    } finally {
      await lease?.give();
    }
  }

  private async paced<T>(factor: number, step: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      return await step();
    } finally {
      const tookMs = performance.now() - startedAt;
      if (factor > 0) await pause(Math.min(PAUSE_MS_MAX, factor * tookMs), this.closing.signal);
    }
  }

  private failed(error: unknown): void {
    this.log.warn(
      "removing something from the trash, or what is left of a moved task, failed and will be tried again",
      { error },
    );
  }
}
