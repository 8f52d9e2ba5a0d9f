/** Weights of a new sample, and how fine the clock is. Source: RFC 6298, "Computing TCP's Retransmission Timer". */
const MEAN_WEIGHT = 1 / 8;
const VARIATION_WEIGHT = 1 / 4;
const VARIATIONS = 4;
const GRANULARITY_MS = 10;
/** The initial value, and the maximum. Source: the agent's session/config, which waits for as long. */
const FIRST_TIMEOUT_MS = 200;
const TIMEOUT_MS_MAX = 1_000;

/** How long an acknowledgement may take before its message is sent again, ms. */
export class RoundTrip {
  private mean: number | undefined;
  private variation = 0;

  get timeoutMs(): number {
    if (this.mean === undefined) return FIRST_TIMEOUT_MS;
    return Math.min(TIMEOUT_MS_MAX, this.mean + Math.max(GRANULARITY_MS, VARIATIONS * this.variation));
  }

  /** @param tookMs of a message that was sent once: for one sent again, it is unknown which was answered */
  sample(tookMs: number): void {
    if (this.mean === undefined) {
      this.mean = tookMs;
      this.variation = tookMs / 2;
      return;
    }
    this.variation += VARIATION_WEIGHT * (Math.abs(this.mean - tookMs) - this.variation);
    this.mean += MEAN_WEIGHT * (tookMs - this.mean);
  }
}
