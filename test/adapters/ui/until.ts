import { effect } from "@preact/signals";

const DEADLINE_MS = 20_000;

/** Resolves when it is true; looks whenever a signal that it reads has changed. @throws Error after a while */
export function until(isTrue: () => boolean, what = isTrue.toString()): Promise<void> {
  return new Promise((resolve, reject) => {
    let stop: (() => void) | undefined;
    let isDone = false;
    const timer = setTimeout(() => {
      stop?.();
      reject(new Error(`this never came: ${what}`));
    }, DEADLINE_MS);
    const end = () => {
      isDone = true;
      clearTimeout(timer);
      stop?.();
      resolve();
    };
    stop = effect(() => {
      if (!isDone && isTrue()) end();
    });
    if (isDone) stop();
  });
}
