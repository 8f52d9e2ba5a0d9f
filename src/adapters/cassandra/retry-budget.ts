/** Retries earned by each statement sent, so that retries don't flood a struggling cluster. */
export const RETRIES_PER_STATEMENT = 0.1;
/** The maximum savings, and the initial ones. */
export const RETRIES_SAVED_MAX = 100;

/** How many retries may still be sent: never more than the savings and a tenth of the statements. */
export class RetryBudget {
  private left = RETRIES_SAVED_MAX;

  /** A statement is sent for the first time. */
  earn(): void {
    this.left = Math.min(RETRIES_SAVED_MAX, this.left + RETRIES_PER_STATEMENT);
  }

  /** @returns whether one more retry may be sent */
  spend(): boolean {
    if (this.left < 1) return false;
    this.left--;
    return true;
  }
}
