import type { Answer } from "./history.ts";

/** A period with a fault, or without. */
export interface Phase {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

export interface PhaseFigures {
  readonly requests: number;
  readonly unavailable: number;
  /** Of the unavailable, those asked for a while after the phase had begun, and answered before its end. */
  readonly unavailableLate: number;
  /** Neither done nor refused in an allowed way. */
  readonly wrong: readonly string[];
  /** The messages of the unavailable ones, with counts. */
  readonly reasons: readonly string[];
  readonly longestMs: number;
  readonly p99Ms: number;
}

/** An update that met another one, or whose key is still being worked on, is not a failure. */
const FINE = new Set([200, 201, 409, 412]);

/** @param lateAfterMs from this time after the phase's beginning a failure counts as late */
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
