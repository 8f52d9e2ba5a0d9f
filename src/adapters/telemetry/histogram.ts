/** OpenTelemetry's bounds for HTTP durations, seconds. Source: semantic conventions, "HTTP metrics". */
export const HTTP_SECONDS_BOUNDS = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
] as const;
/** An embedded store answers in microseconds; the upper bounds match its deadlines. */
export const STORE_SECONDS_BOUNDS = [
  0.00002, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
  5, 10,
] as const;
export const LAG_SECONDS_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5] as const;
export const GROUP_WRITES_BOUNDS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] as const;

/** Values counted into buckets. Recording allocates nothing. */
export class Histogram {
  count = 0;
  sum = 0;
  /** Values per bucket, not cumulative; the last is for values above every bound. */
  readonly buckets: Float64Array;
  private windowMax = 0;
  private lastWindowMax = 0;

  /** @param bounds upper bounds, rising, each belonging to its bucket */
  constructor(readonly bounds: readonly number[]) {
    this.buckets = new Float64Array(bounds.length + 1);
  }

  record(value: number): void {
    const { bounds, buckets } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
    buckets[bucket] = (buckets[bucket] as number) + 1;
    this.count++;
    this.sum += value;
    if (value > this.windowMax) this.windowMax = value;
  }

  /** The greatest value of this and the last window; Micrometer's MAX fades in the same way. */
  max(): number {
    return Math.max(this.windowMax, this.lastWindowMax);
  }

  /** Begins a new window. */
  rotate(): void {
    this.lastWindowMax = this.windowMax;
    this.windowMax = 0;
  }
}
