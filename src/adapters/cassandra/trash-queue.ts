import type { Log } from "../../application/ports.ts";
import type { Stay } from "../../domain/trash.ts";
import { DAY_MS, dayOf, PurgeQueue, type PurgeRecord, type QUEUES } from "./purge-queue.ts";
import { text } from "./rows.ts";
import type { Session } from "./session.ts";

const STAY = "SELECT value FROM meta WHERE key = 'trash-days'";
const RAISE_STAY = "UPDATE meta SET value = ? WHERE key = 'trash-days' IF value = ?";

/** When what is in the trash goes. A row in the trash names its record; a record that no row names is void. */
export class TrashQueue extends PurgeQueue {
  /** The number of days that anything may stay, as this instance last saw it; it only grows. */
  private knownDays = 0;
  /** In progress; others wait for it. */
  private raising: Promise<void> | undefined;

  constructor(
    session: Session,
    kind: Exclude<keyof typeof QUEUES, "deleted lists">,
    private readonly log?: Log,
  ) {
    super(session, kind);
  }

  /** Call it before the row is marked: one that is marked but not recorded would stay forever. */
  async enter({ deletedAt, until }: Stay, checklistId: string, taskId?: string): Promise<PurgeRecord> {
    await this.raise(Math.ceil((until - deletedAt) / DAY_MS));
    return this.add(checklistId, until, taskId);
  }

  /** The same for a row of another store, whose time may be up for long. */
  async adopt(stay: Stay, checklistId: string, taskId?: string): Promise<PurgeRecord> {
    await this.reopen(dayOf(stay.until));
    return this.enter(stay, checklistId, taskId);
  }

  /**
   * Its row is out of the trash. A record that stays behind is void, and goes when it is due.
   * @param tried the records that the row named before each attempt; of several, one may be of a later deletion
   */
  leave(checklistId: string, tried: ReadonlySet<string>): void {
    const [name] = tried;
    if (name === undefined || tried.size > 1) return;
    this.forget({ checklistId, name }).catch((error: unknown) => {
      this.log?.warn("a record of the trash could not be removed, and stays until it is due", { error });
    });
  }

  /** Days that may have records, due or not: the first and the last. */
  async span(now: number): Promise<readonly [first: number, last: number]> {
    const [first, days] = await Promise.all([this.firstDay(), this.longestStay()]);
    // One more, for clocks that differ.
    return [first, dayOf(now) + days + 1];
  }

  /** Deletions that come together raise it once; separately, they would hinder each other. */
  private async raise(days: number): Promise<void> {
    while (days > this.knownDays) {
      this.raising ??= this.raiseTo(days).finally(() => {
        this.raising = undefined;
      });
      await this.raising;
    }
  }

  /** Another instance may have raised it, or it is unknown: the next round reads what it is. */
  private async raiseTo(days: number): Promise<void> {
    for (;;) {
      this.knownDays = await this.longestStay();
      if (days <= this.knownDays) return;
      await this.session.attempt(RAISE_STAY, [String(days), String(this.knownDays)]);
    }
  }

  /** What is known to be raised shows in a plain read. While it is being raised, nothing has been recorded for it. */
  private async longestStay(): Promise<number> {
    return Number(text((await this.session.row(STAY, []))?.value));
  }
}
