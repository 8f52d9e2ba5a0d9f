/** What the service had counted at one moment, since its start. */
export interface Sample {
  readonly atMs: number;
  readonly requests: number;
  readonly requestSeconds: number;
  readonly errors: number;
}

/** What happened between two moments. */
export interface Rates {
  readonly requestsPerS: number;
  /** Absent if there was no request. */
  readonly meanMs: number | undefined;
  readonly errorsPerS: number;
}

const MS_PER_SECOND = 1_000;

/** @returns undefined if the service has started again meanwhile, and counts from zero */
export function ratesBetween(before: Sample, after: Sample): Rates | undefined {
  const seconds = (after.atMs - before.atMs) / MS_PER_SECOND;
  const requests = after.requests - before.requests;
  if (seconds <= 0 || requests < 0) return undefined;
  const spentMs = (after.requestSeconds - before.requestSeconds) * MS_PER_SECOND;
  return {
    requestsPerS: requests / seconds,
    meanMs: requests === 0 ? undefined : spentMs / requests,
    errorsPerS: Math.max(after.errors - before.errors, 0) / seconds,
  };
}

/** The list with one more at its end; the oldest make room. */
export function appended<T>(values: readonly T[], value: T, max: number): readonly T[] {
  return [...values, value].slice(-max);
}
