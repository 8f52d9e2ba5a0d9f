import { expect, test } from "bun:test";
import { pause } from "../../src/lib/pause.ts";

const LONG_MS = 60_000;

test("a pause without a signal ends after its time", async () => {
  await pause(1);
});

test("an aborting signal ends a pause at once", async () => {
  const stopping = new AbortController();
  const paused = pause(LONG_MS, stopping.signal);
  stopping.abort();
  await paused;
});

test("an already aborted signal allows no pause", async () => {
  await pause(LONG_MS, AbortSignal.abort());
});

test("a thousand pauses leave no listener on their signal", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = ((...words: Parameters<AbortSignal["addEventListener"]>) => {
    listeners++;
    addEventListener.apply(signal, words);
  }) as AbortSignal["addEventListener"];
  signal.removeEventListener = ((...words: Parameters<AbortSignal["removeEventListener"]>) => {
    listeners--;
    removeEventListener.apply(signal, words);
  }) as AbortSignal["removeEventListener"];
  await Promise.all(Array.from({ length: 1_000 }, () => pause(0, signal)));
  expect(listeners).toBe(0);
});
