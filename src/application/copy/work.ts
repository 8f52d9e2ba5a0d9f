import { TodosError } from "../../domain/errors.ts";

/** Pauses before a copy retries a store that is unavailable, ms. */
const WAITS_MS = [250, 500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000];

/** What a copy needs from its environment. */
export interface WorkSurroundings {
  /** Aborted when the copy should stop. */
  readonly stop: AbortSignal;
  pause(ms: number): Promise<void>;
  /** Called before each pause. */
  onWait?(reason: string, waitMs: number): void;
}

/** Runs a repeatable step; retries while the store is unavailable. @throws TodosError */
export async function patiently<T>(
  { stop, pause, onWait }: WorkSurroundings,
  step: () => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    stop.throwIfAborted();
    try {
      return await step();
    } catch (error) {
      const passes = error instanceof TodosError && /^(store-unavailable|overloaded)$/.test(error.code);
      const waitMs = WAITS_MS[attempt];
      if (!passes || waitMs === undefined) throw error;
      onWait?.(error.message, waitMs);
      await pause(waitMs);
    }
  }
}

/** Processes all items, at most `atOnce` in parallel. After a failure it starts no more. */
export async function boundedly<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = items.values();
  let failed = false;
  const worker = async (): Promise<void> => {
    for (const item of left) {
      if (failed) return;
      try {
        await work(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: atOnce }, worker));
  for (const each of workers) if (each.status === "rejected") throw each.reason;
}
