import type { Session } from "./records.ts";

/** How long a session lives. */
export interface Lifetimes {
  /** Without being used. */
  readonly idleMs: number;
  /** In all. */
  readonly maxMs: number;
}

/** When it was last used is written no more often than this: a read must not cost a write. */
export const USE_NOTED_EVERY_MS = 5 * 60_000;

/** When a session that is used at `now` ends, if nobody uses it again. */
export function sessionEnd(
  { createdAt }: Pick<Session, "createdAt">,
  lifetimes: Lifetimes,
  now: number,
): number {
  return Math.min(createdAt + lifetimes.maxMs, now + lifetimes.idleMs);
}

/** Whether it has ended by its times, as they are set now: a setting that was lowered counts at once. */
export function hasEnded(session: Session, lifetimes: Lifetimes, now: number): boolean {
  return now >= sessionEnd(session, lifetimes, session.lastUsedAt);
}

export function isUseToBeNoted(lastUsedAt: number | undefined, now: number): boolean {
  return lastUsedAt === undefined || now - lastUsedAt >= USE_NOTED_EVERY_MS;
}
