import type { Checksum } from "../../application/copy/ports.ts";
import { pause } from "../../lib/pause.ts";

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
  return (ms) => pause(ms, stop);
}
