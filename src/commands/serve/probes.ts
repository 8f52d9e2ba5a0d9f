import { dirname } from "node:path";
import type { Probe } from "../../application/health.ts";
import type { Store } from "../../application/store.ts";

/** Less free space than this on the store's disk is DOWN, bytes; as in Spring Boot. */
export const DISK_FREE_BYTES_MIN = 10 * 1024 * 1024;

export function storeProbe(store: Store): Probe {
  return async () => {
    await store.check();
    return { kind: store.kind, durability: store.durability };
  };
}

/** @param path a file on the disk to check */
export function diskProbe(path: string): Probe {
  const folder = dirname(path);
  return async () => {
    // Loaded with the first check, which waits until after the first answer.
    const { statfs } = await import("node:fs/promises");
    const { bavail, blocks, bsize } = await statfs(folder);
    const free = bavail * bsize;
    if (free < DISK_FREE_BYTES_MIN) {
      throw new Error(`${free} bytes are free in ${folder}, fewer than ${DISK_FREE_BYTES_MIN}`);
    }
    return { total: blocks * bsize, free, threshold: DISK_FREE_BYTES_MIN, path: folder, exists: true };
  };
}
