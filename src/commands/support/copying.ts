import type { Checksum } from "../../application/copy/ports.ts";

/** Sums up a list of a store, line by line. */
export function newChecksum(): Checksum {
  const hasher = new Bun.CryptoHasher("sha256");
  return {
    add: (text) => {
      hasher.update(text).update("\n");
    },
    end: () => hasher.digest("hex"),
  };
}

/** A pause of a copy that ends early where the copy is to stop. */
export function pauseUntil(stop: AbortSignal): (ms: number) => Promise<void> {
  return (ms) => Promise.race([Bun.sleep(ms), aborted(stop)]);
}

/** Resolves when the copy is to stop. */
function aborted(stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) resolve();
    else stop.addEventListener("abort", () => resolve(), { once: true });
  });
}
