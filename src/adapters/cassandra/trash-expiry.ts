import type { Clock, Log } from "../../application/ports.ts";
import type { PurgeQueue, PurgeRecord } from "./purge-queue.ts";

/** How often to look for what is due, ms; with jitter, so that instances take turns. */
const LOOK_EVERY_MS = 60_000;

/** A queue, and what to do with its records when they are due. */
interface Expiring {
  readonly queue: PurgeQueue;
  /** @returns whether nothing is left to do for the record */
  expire(record: PurgeRecord): Promise<boolean>;
}

/**
 * Removes what has been in the trash for its time, and what is left of moves of tasks. It can be interrupted anywhere:
 * any instance repeats it.
 */
export class TrashExpiry {
  private readonly timer: ReturnType<typeof setTimeout>;
  private work: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(
    private readonly kinds: readonly Expiring[],
    private readonly clock: Clock,
    private readonly log: Log,
  ) {
    this.timer = setInterval(
      () => {
        this.work = this.work.then(() => this.everything()).catch((error: unknown) => this.failed(error));
      },
      LOOK_EVERY_MS * (0.5 + Math.random()),
    );
    this.timer.unref();
  }

  /** Resolves when everything that is due is gone. Failures are left for the next time. */
  async everything(): Promise<void> {
    for (const { queue, expire } of this.kinds) {
      await queue.workOff(this.clock.now(), {
        one: expire,
        failed: (error) => this.failed(error),
        isClosed: () => this.closed,
      });
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
    await this.work;
  }

  private failed(error: unknown): void {
    this.log.warn(
      "removing something from the trash, or what is left of a moved task, failed and will be tried again",
      { error },
    );
  }
}
