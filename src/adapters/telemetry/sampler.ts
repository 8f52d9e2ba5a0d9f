import type { Histogram } from "./histogram.ts";
import { cpuCount, cpuSeconds } from "./process-stats.ts";

const SAMPLE_INTERVAL_MS = 500;
const CPU_WINDOW_SAMPLES = 10;
/** Two windows make up what MAX shows: between one and two minutes. */
const MAX_WINDOW_SAMPLES = 120;

export interface Sampler {
  /** Share of all processors that this process took lately, 0 to 1. */
  cpuUsage(): number;
  stop(): void;
}

/**
 * Measures how late a timer is, which is how long other work blocked the event loop, and ages the
 * maxima. Its timer does not keep the program alive.
 */
export function startSampler(lag: Histogram, histograms: () => Iterable<Histogram>): Sampler {
  let expectedMs = performance.now() + SAMPLE_INTERVAL_MS;
  let samples = 0;
  let window = { atMs: performance.now(), cpu: cpuSeconds() };
  let before = window;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    lag.record(Math.max(0, nowMs - expectedMs) / 1_000);
    expectedMs = nowMs + SAMPLE_INTERVAL_MS;
    samples++;
    if (samples % CPU_WINDOW_SAMPLES === 0) {
      before = window;
      window = { atMs: nowMs, cpu: cpuSeconds() };
    }
    if (samples % MAX_WINDOW_SAMPLES === 0) for (const each of histograms()) each.rotate();
  }, SAMPLE_INTERVAL_MS);
  timer.unref();
  return {
    cpuUsage: () => {
      const elapsedS = (performance.now() - before.atMs) / 1_000;
      const share = (cpuSeconds() - before.cpu) / elapsedS / cpuCount();
      return elapsedS > 0 ? Math.min(1, Math.max(0, share)) : 0;
    },
    stop: () => clearInterval(timer),
  };
}
