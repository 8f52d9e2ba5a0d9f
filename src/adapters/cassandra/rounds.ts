import { TodosError } from "../../domain/errors.ts";
import { unavailable } from "./failures.ts";
import type { Session } from "./session.ts";

/** Attempts of one write: with the pauses, about what fits into an operation's deadline. */
const TRIES_MAX = 32;
/** Pause after the first attempt, ms; doubled each time, and uniform between 0 and that (full jitter). */
const PAUSE_MS = 5;
const PAUSE_MS_MAX = 160;

/** The attempts of one lightweight transaction that is repeated until it is decided, paced and limited. */
export class Rounds {
  private tries = 0;
  private pauses = 0;

  /** @param latest time of `performance.now()` after which nothing is sent any more */
  constructor(
    private readonly session: Pick<Session, "mayRepeat">,
    private readonly latest: number,
  ) {}

  /** Something was sent before, so what follows counts as a retry. */
  get again(): boolean {
    return this.tries > 1;
  }

  /** Pauses after a failed attempt. @returns whether there is time left */
  async begin(): Promise<boolean> {
    if (this.pauses < this.tries) {
      const pauseMs = Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** this.pauses);
      this.pauses = this.tries;
      await Bun.sleep(Math.random() * pauseMs);
    }
    return performance.now() < this.latest;
  }

  /**
   * Whether one more may be sent. A lost race costs the store little; an attempt that was not answered in time is
   * repeated only within the session's budget.
   * @param undecided an attempt has not been answered; by default every earlier one counts as such
   */
  mayTry(undecided = this.tries > 0): boolean {
    if (this.tries >= TRIES_MAX) return false;
    if (undecided && !this.session.mayRepeat()) return false;
    this.tries++;
    return true;
  }

  /** The error for the client when no more may be sent. */
  end(undecided: boolean): TodosError {
    if (undecided) return unavailable(undefined, "unknown");
    if (this.tries === 0) return unavailable(undefined, "not done");
    return new TodosError(
      "overloaded",
      `Other writers came first in each of ${this.tries} attempts; nothing was changed. Try again in a moment.`,
      { retryAfterS: 1 },
    );
  }
}
