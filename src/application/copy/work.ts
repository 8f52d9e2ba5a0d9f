import { TodosError } from "../../domain/errors.ts";

/** Waits of a copy for a store that can't be used for the moment, ms. */
const WAITS_MS = [250, 500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000];

/** What a copy needs of its surroundings. */
export interface WorkSurroundings {
  /** Aborted where the copy is to stop. */
  readonly stop: AbortSignal;
  pause(ms: number): Promise<void>;
  /** Told before every wait for a store. */
  onWait?(reason: string, waitMs: number): void;
}

/** Runs a step that may be repeated; a store that is away for a while is waited for. @throws TodosError */
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

/** Works on all items, on at most `atOnce` of them at a time. After a failure no other one is begun. */
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
