import { readFileSync } from "node:fs";

const CLOCK_TICKS_PER_SECOND = 100;
const STOP_PATIENCE_MS = 10_000;
/** An address comes within the first lines. */
const ADDRESS_CHARS_MAX = 10_000;

/** A server under measurement. */
export interface Running {
  readonly pid: number;
  /** Without a trailing slash. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts a program and waits until it prints where it listens.
 * @throws Error with its output if it ends first
 */
export async function start(command: readonly string[], environment = quietEnvironment()): Promise<Running> {
  const child = Bun.spawn([...command], {
    env: environment,
    stdout: "pipe",
    stderr: "inherit",
    stdin: "ignore",
  });
  const url = await addressIn(child.stdout);
  return { pid: child.pid, url, stop: () => stopped(child) };
}

export function quietEnvironment(): Record<string, string> {
  const { PATH = "" } = process.env;
  return { PATH, TODOS_LOG_FORMAT: "json" };
}

/** @param child is asked to stop, and killed if it does not */
export async function stopped(child: Bun.Subprocess): Promise<void> {
  child.kill("SIGTERM");
  const patience = setTimeout(() => child.kill("SIGKILL"), STOP_PATIENCE_MS);
  await child.exited;
  clearTimeout(patience);
}

/** The address that the program prints; the rest of its output is read too, so that no pipe fills up. */
function addressIn(output: ReadableStream<Uint8Array>): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  void (async () => {
    let seen = "";
    for await (const bytes of output) {
      if (seen.length > ADDRESS_CHARS_MAX) continue;
      seen += Buffer.from(bytes).toString();
      const address = /http:\/\/127\.0\.0\.1:\d+/.exec(seen)?.[0];
      if (address !== undefined) resolve(address);
    }
    reject(new Error(`the program ended before it listened: ${seen}`));
  })();
  return promise;
}

/** Processor time of all threads so far, user and system, ms. Linux only. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name in parentheses may contain anything; the numbers come after it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / CLOCK_TICKS_PER_SECOND;
}

export interface Memory {
  /** Pages in memory, counting shared ones in full. */
  readonly rssMib: number;
  /** Shared pages divided among their users. */
  readonly pssMib: number;
  /** Pages not backed by a file. */
  readonly anonymousMib: number;
}

export function memory(pid: number): Memory {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const mib = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(rollup)?.[1]) / 1_024;
  return { rssMib: mib("Rss"), pssMib: mib("Pss"), anonymousMib: mib("Anonymous") };
}

/** The process's peak memory. Linux only. */
export function memoryPeakMib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024;
}
