import { newWriteId, optionalText } from "./rows.ts";
import type { Session } from "./session.ts";

/** How often the holder renews it, ms. */
const RENEW_EVERY_MS = 5_000;
/** A holder that has not renewed it for this long has ended, ms: several missed renewals, on a busy machine. */
const ENDED_AFTER_MS = 25_000;
const FREE = "";

const SELECT = "SELECT value FROM meta WHERE key = ?";
const FIRST = "INSERT INTO meta (key, value) VALUES (?, ?) IF NOT EXISTS";
const CHANGE = "UPDATE meta SET value = ? WHERE key = ? IF value = ?";

/**
 * Lets one instance at a time do some work in the background. It spares the store work that is done twice; nothing is
 * wrong if two do it. Clocks are not compared: the holder changes a text every few seconds, and one that has not
 * changed between two looks of another instance is free.
 */
export class WorkLease {
  private mine: string | undefined;
  private renewedAt = Number.NEGATIVE_INFINITY;
  private seen: { readonly value: string; readonly at: number } | undefined;

  /** @param key of the table `meta` */
  constructor(
    private readonly session: Session,
    private readonly key: string,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** @returns whether this instance has it; from now on, if nobody else had. Call it before every step of the work. */
  async held(): Promise<boolean> {
    if (this.mine !== undefined && this.now() - this.renewedAt < RENEW_EVERY_MS) return true;
    const row = await this.session.row(SELECT, [this.key], this.session.serialRead);
    return this.mayTake(optionalText(row?.value)) && this.take(optionalText(row?.value));
  }

  /** The work is done. */
  async give(): Promise<void> {
    if (this.mine === undefined) return;
    const mine = this.mine;
    this.mine = undefined;
    await this.session.attempt(CHANGE, [FREE, this.key, mine]);
  }

  private mayTake(value: string | undefined): boolean {
    if (value === undefined || value === FREE || value === this.mine) return true;
    this.mine = undefined;
    if (this.seen?.value === value) return this.now() - this.seen.at >= ENDED_AFTER_MS;
    this.seen = { value, at: this.now() };
    return false;
  }

  private async take(from: string | undefined): Promise<boolean> {
    const next = newWriteId();
    const answer = await (from === undefined
      ? this.session.attempt(FIRST, [this.key, next])
      : this.session.attempt(CHANGE, [next, this.key, from]));
    // Should it be unknown, the next call sees whether it is this one's.
    this.mine = answer && answer["[applied]"] !== true ? undefined : next;
    this.renewedAt = answer ? this.now() : Number.NEGATIVE_INFINITY;
    return answer?.["[applied]"] === true;
  }
}
