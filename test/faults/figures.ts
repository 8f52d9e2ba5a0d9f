import type { Answer } from "./history.ts";

/** A period with or without a fault. */
export interface Phase {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

export interface PhaseFigures {
  readonly requests: number;
  readonly unavailable: number;
  /** Unavailable answers to requests sent well after the phase began, and answered before it ended. */
  readonly unavailableLate: number;
  /** Answers that are neither a success nor an allowed refusal. */
  readonly wrong: readonly string[];
  /** The messages of the unavailable answers, with counts. */
  readonly reasons: readonly string[];
  readonly longestMs: number;
  readonly p99Ms: number;
}

/** A conflict with another update, or a key still in progress, is not a failure. */
const FINE = new Set([200, 201, 409, 412]);

/** @param lateAfterMs failures count as late from this time after the start of the phase */
export function figuresOf(answers: readonly Answer[], phase: Phase, lateAfterMs: number): PhaseFigures {
  const inPhase = answers.filter(({ invokedAt }) => invokedAt >= phase.from && invokedAt < phase.to);
  const unavailable = inPhase.filter(({ status }) => status === 503);
  const durations = inPhase.map(({ invokedAt, endedAt }) => endedAt - invokedAt).sort((a, b) => a - b);
  return {
    requests: inPhase.length,
    unavailable: unavailable.length,
    unavailableLate: unavailable.filter(
      ({ invokedAt, endedAt }) => invokedAt > phase.from + lateAfterMs && endedAt < phase.to,
    ).length,
    wrong: inPhase.flatMap(({ method, status, hasRetryAfter }) => {
      if (status === 503 && !hasRetryAfter) return [`${method}: 503 without Retry-After`];
      return FINE.has(status) || status === 503 ? [] : [`${method}: ${status}`];
    }),
    reasons: counted(unavailable.map(({ method, detail }) => `${method}: ${detail}`)),
    longestMs: Math.round(durations.at(-1) ?? 0),
    p99Ms: Math.round(durations[Math.floor(durations.length * 0.99)] ?? 0),
  };
}

function counted(words: readonly string[]): string[] {
  return [...Map.groupBy(words, (word) => word)].map(([word, all]) => `${all.length} × ${word}`);
}

export function sentence(phase: Phase, figures: PhaseFigures): string {
  const { requests, unavailable, reasons, longestMs, p99Ms } = figures;
  const seconds = ((phase.to - phase.from) / 1_000).toFixed(1);
  const why = reasons.length === 0 ? "" : ` (${reasons.join("; ")})`;
  return `${phase.name} (${seconds} s): ${requests} requests, ${unavailable} got 503${why}, p99 ${p99Ms} ms, longest ${longestMs} ms`;
}
