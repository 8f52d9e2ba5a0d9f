import type { ImageError } from "../../../application/deploy/images.ts";
import { pause } from "../../../lib/pause.ts";

/** Attempts of one request, including the first. */
export const TRIES_MAX = 6;
const DELAY_MS_MAX = 20_000;
const DELAY_MS_BASE = 500;
/** If a registry asks for a longer wait, the user is informed instead. */
const RETRY_AFTER_MS_MAX = 60_000;
const SECOND_MS = 1_000;
const PASSING_STATUSES = [408, 429, 500, 502, 503, 504];

export function isPassingStatus(status: number): boolean {
  return PASSING_STATUSES.includes(status);
}

/**
 * Wait before retry n (0-based), ms, uniform in [base/2, base], base = min({@link DELAY_MS_MAX}, 500·2ⁿ).
 * Source: AWS, "Exponential Backoff and Jitter".
 */
export function retryDelayMs(retry: number, random: () => number = Math.random): number {
  const base = Math.min(DELAY_MS_MAX, DELAY_MS_BASE * 2 ** retry);
  return Math.round(base / 2 + random() * (base / 2));
}

/** What `Retry-After` asks for, ms; undefined if it asks for nothing, or for too long. */
export function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const text = headers.get("retry-after");
  if (text === null) return undefined;
  const waitMs = /^\d+$/.test(text) ? Number(text) * SECOND_MS : Date.parse(text) - nowMs;
  return Number.isFinite(waitMs) && waitMs <= RETRY_AFTER_MS_MAX ? Math.max(waitMs, 0) : undefined;
}

/** What waiting and trying again needs. */
export interface Patience {
  readonly signal: AbortSignal | undefined;
  pause(waitMs: number): Promise<void>;
  onWait(reason: string, waitMs: number): void;
}

/** Resolves after `waitMs`, or rejects as soon as `signal` is aborted. */
export async function pauseMs(waitMs: number, signal: AbortSignal | undefined): Promise<void> {
  await pause(waitMs, signal);
  signal?.throwIfAborted();
}

/** Reports a wait and waits. */
export async function waitBefore(retry: number, failure: ImageError, patience: Patience): Promise<void> {
  const waitMs = retryDelayMs(retry);
  patience.onWait(failure.message, waitMs);
  await patience.pause(waitMs);
}
