import { readdirSync, readFileSync, statfsSync } from "node:fs";

const MICROSECONDS = 1e-6;
const MILLISECONDS = 1e-3;
const MAX_OPEN_FILES = /^Max open files\s+(\d+)/m;

/** Processor time of this process since its start, user and system, seconds. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * MICROSECONDS;
}

/** Seconds since the Unix epoch. */
export function startTimeSeconds(): number {
  return performance.timeOrigin * MILLISECONDS;
}

export function uptimeSeconds(): number {
  return performance.now() * MILLISECONDS;
}

export function residentMemoryBytes(): number {
  return process.memoryUsage.rss();
}

/** `undefined` if the system does not tell. */
export function openFiles(): number | undefined {
  // Reading the folder takes a descriptor itself.
  return unlessAbsent(() => readdirSync("/dev/fd").length - 1);
}

/** `undefined` if the system does not tell, or there is no limit. */
export function openFilesMax(): number | undefined {
  const found = unlessAbsent(() => MAX_OPEN_FILES.exec(readFileSync("/proc/self/limits", "utf8"))?.[1]);
  return found === undefined ? undefined : Number(found);
}

export function cpuCount(): number {
  return nodeOs().availableParallelism();
}

export function loadAverage1m(): number | undefined {
  return nodeOs().loadavg()[0];
}

/** Loaded on demand: the start of the program need not wait for it. */
function nodeOs(): typeof import("node:os") {
  return process.getBuiltinModule("node:os");
}

/** Bytes of the file system of `folder`: those still available to a user, and the total. */
export function diskSpace(
  folder: string,
): { readonly freeBytes: number; readonly totalBytes: number } | undefined {
  return unlessAbsent(() => {
    const { bavail, blocks, bsize } = statfsSync(folder);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  });
}

/** Systems differ in what they report; a missing value is not a failure. */
function unlessAbsent<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}
