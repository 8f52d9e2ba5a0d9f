import type { Checksum } from "../../application/copy/ports.ts";
import { pause } from "../../lib/pause.ts";

/** The checksum of a list, line by line. */
export function newChecksum(): Checksum {
  const hasher = new Bun.CryptoHasher("sha256");
  return {
    add: (text) => {
      hasher.update(text).update("\n");
    },
    end: () => hasher.digest("hex"),
  };
}

/** A pause of a copy that ends early if the copy must stop. */
export function pauseUntil(stop: AbortSignal): (ms: number) => Promise<void> {
  return (ms) => pause(ms, stop);
}
