import type { Clock, Ids } from "../../application/ports.ts";

export const systemClock: Clock = { now: () => Date.now() };

/** UUIDv7 in order: a clock that is set back does not make new ids sort before older ones. */
export function orderedIds(clock: Clock): Ids {
  let lastMs = 0;
  return {
    next() {
      lastMs = Math.max(lastMs, clock.now());
      return Bun.randomUUIDv7("hex", lastMs);
    },
  };
}
