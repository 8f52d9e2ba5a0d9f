import type { Histogram } from "./histogram.ts";

export type Tags = readonly (readonly [string, string])[];

/** One time series: a value and its names on both sides. */
export interface Series {
  /** Prometheus labels, in OpenTelemetry's words. */
  readonly labels: Tags;
  /** Micrometer tags. */
  readonly tags: Tags;
  readonly value: Histogram | number;
}

/** What one thing is called, and its series at this moment. */
export interface Family {
  readonly kind: "histogram" | "counter" | "gauge";
  readonly description: string;
  /** Its name in the Prometheus text; absent: not shown there. */
  readonly prometheus?: string;
  /** Its name at /actuator/metrics; absent: not shown there. */
  readonly micrometer?: string;
  readonly baseUnit?: string;
  series(): Iterable<Series>;
}

/** A limit on distinct pairs, whatever a caller sends: beyond it they are counted together. */
const PAIRS_MAX = 200;
const OTHER = "_OTHER";

/** Values by a pair of words, looked up without building a key. */
export class ByPair<T> {
  private readonly values = new Map<string, Map<string, T>>();
  private size = 0;

  constructor(private readonly create: () => T) {}

  get(first: string, second: string): T {
    return this.values.get(first)?.get(second) ?? this.add(first, second);
  }

  *entries(): Generator<readonly [string, string, T]> {
    for (const [first, seconds] of this.values) {
      for (const [second, value] of seconds) yield [first, second, value];
    }
  }

  private add(first: string, second: string): T {
    if (this.size >= PAIRS_MAX && first !== OTHER) return this.get(OTHER, OTHER);
    const seconds = this.values.get(first) ?? new Map<string, T>();
    const value = this.create();
    this.values.set(first, seconds.set(second, value));
    this.size++;
    return value;
  }
}

/** A family with one series without labels. */
export function single(
  family: Omit<Family, "series">,
  value: () => Histogram | number | undefined,
  tags: Tags = [],
): Family {
  return {
    ...family,
    series: () => {
      const now = value();
      return now === undefined ? [] : [{ labels: tags, tags, value: now }];
    },
  };
}
