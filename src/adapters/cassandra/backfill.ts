import type { Clock } from "../../application/ports.ts";
import { milliseconds, text, whole } from "./rows.ts";
import type { Session } from "./session.ts";

/** How long after the start of a check requests wait for it, ms: on a small keyspace it also does all there is to do. */
const PATIENCE_MS = 1_000;
/** An instance that has not noted itself for this long has ended: it notes once a minute, and clocks differ. */
const ENDED_AFTER_MS = 130_000;
/** How far apart clocks may be. */
const SKEW_MAX_MS = 60_000;

const WRITERS = "SELECT release, seen_at FROM change_writer WHERE shard = 0";

/**
 * How far instances are with work that is done once for a keyspace, because of what earlier releases wrote in it: a text
 * in `meta`.
 */
export class BackfillState {
  private readonly selectState: string;
  private readonly updateState: string;

  /** @param release what instances note that need no such work any more: the number of the migration that brought it */
  constructor(
    private readonly session: Session,
    key: "adoption" | "due-index",
    private readonly release: number,
    private readonly clock: Clock,
  ) {
    this.selectState = `SELECT value FROM meta WHERE key = '${key}'`;
    this.updateState = `UPDATE meta SET value = ? WHERE key = '${key}' IF value = ?`;
  }

  async read(): Promise<string> {
    return text((await this.session.row(this.selectState, [], this.session.serialRead))?.value);
  }

  /** @returns undefined if another instance has moved it, or it is unknown: it is read again later */
  async move(from: string, to: string): Promise<string | undefined> {
    const answer = await this.session.attempt(this.updateState, [to, from]);
    return answer?.["[applied]"] === true ? to : undefined;
  }

  async earlierInstances(): Promise<EarlierInstances> {
    const writers = await this.session.rows(WRITERS, []);
    const earlier = writers.filter(({ release }) => release === null || whole(release) < this.release);
    const seenAt = Math.max(0, ...earlier.map(({ seen_at }) => milliseconds(seen_at)));
    return {
      areThere: this.clock.now() - seenAt < ENDED_AFTER_MS,
      haveWrittenSince: (time) => seenAt > time - SKEW_MAX_MS,
    };
  }
}

/** Those of a release that still writes what the work is about. */
interface EarlierInstances {
  /** Whether one may be running. */
  readonly areThere: boolean;
  /** @param time milliseconds since the Unix epoch */
  haveWrittenSince(time: number): boolean;
}

/** Checks now and then, one check at a time, whether there is work, and does it. */
export class RepeatedCheck {
  private closed = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private work: Promise<void> | undefined;
  private startedAt = 0;

  /**
   * @param check fails if it must be tried again
   * @param failed told of that
   * @param pauseMs until the next one, on average
   */
  constructor(
    private readonly check: () => Promise<void>,
    private readonly failed: (error: unknown) => void,
    private readonly pauseMs: () => number,
  ) {}

  get isClosed(): boolean {
    return this.closed;
  }

  begin(): void {
    this.work ??= this.look();
  }

  /** Waits for a check in progress that has just begun: requests are not kept waiting by one that has much to do. */
  async settled(): Promise<void> {
    this.begin();
    const leftMs = this.startedAt + PATIENCE_MS - performance.now();
    if (leftMs > 0) await Promise.race([this.work, Bun.sleep(leftMs)]);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.work;
  }

  private async look(): Promise<void> {
    this.startedAt = performance.now();
    try {
      await this.check();
    } catch (error) {
      if (!this.closed) this.failed(error);
    }
    if (this.closed) return;
    this.timer = setTimeout(
      () => {
        this.work = this.look();
      },
      this.pauseMs() * (0.5 + Math.random()),
    );
    this.timer.unref();
  }
}
