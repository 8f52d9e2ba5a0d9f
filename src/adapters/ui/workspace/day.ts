import type { Signal } from "@preact/signals";
import type { Surroundings } from "./surroundings.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;
/** The clock may be changed, or the person may travel: looked at as often as this. */
const LOOK_MS = 60_000;

/** The day in this browser's time zone, YYYY-MM-DD. */
export function dayOf(ms: number): string {
  const date = new Date(ms);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** Keeps `day` right: looks at midnight, when the tab wakes, and every minute. @returns what stops it */
export function followDay(day: Signal<string>, { now, pause, onWake }: Surroundings): () => void {
  const end = new AbortController();
  const look = () => {
    day.value = dayOf(now());
  };
  const stopWaking = onWake(look);
  const run = async () => {
    while (!end.signal.aborted) {
      look();
      await pause(Math.min(LOOK_MS, untilMidnightMs(now())), end.signal);
    }
  };
  void run();
  return () => {
    end.abort();
    stopWaking();
  };
}

function untilMidnightMs(ms: number): number {
  const next = new Date(ms);
  next.setHours(24, 0, 0, 0);
  return Math.min(DAY_MS, Math.max(1, next.getTime() - ms));
}
