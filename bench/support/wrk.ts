import { join } from "node:path";
import { cpuMs, type Running } from "./process.ts";

const LOAD_FOLDER = join(import.meta.dir, "../load");

/** What wrk saw. */
export interface Load {
  /** Good answers only. */
  readonly perSecond: number;
  /** All answers. */
  readonly requests: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Processor time of the server for one request, µs. */
  readonly cpuUs: number;
}

export interface LoadOptions {
  readonly seconds: number;
  readonly connections: number;
  readonly path: string;
  readonly method?: "get" | "post" | "patch" | "edit";
  /** Requests a second; absent: as many as possible. */
  readonly rate?: number;
  /** Additional variables for the load's script. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Count failed requests instead of ending the bench. */
  readonly failuresCounted?: boolean;
}

/** @throws Error if wrk is not installed: the bench can't work without it */
export function requireWrk(): void {
  if (Bun.which("wrk") === null) {
    throw new Error("the load generator `wrk` is not installed: apt-get install wrk, or brew install wrk");
  }
}

/** Runs wrk against a server. @throws Error if a request failed, unless failures are counted */
export async function load(server: Running, options: LoadOptions): Promise<Load> {
  const { seconds, connections, path, method = "get", rate, variables = {} } = options;
  const script = join(LOAD_FOLDER, `${method}.lua`);
  const before = cpuMs(server.pid);
  const child = Bun.spawn(
    ["wrk", "-t1", `-c${connections}`, `-d${seconds}s`, "-s", script, server.url + path],
    {
      env: {
        PATH: process.env.PATH,
        BENCH_LOAD: LOAD_FOLDER,
        ...(rate ? { BENCH_RATE: String(rate) } : {}),
        ...variables,
      },
      stdout: "pipe",
    },
  );
  const output = await new Response(child.stdout).text();
  const cpu = cpuMs(server.pid) - before;
  const seen = figures(output, path, options.failuresCounted ?? false);
  return { ...seen, cpuUs: (cpu * 1_000) / seen.requests };
}

function figures(output: string, path: string, failuresCounted: boolean): Omit<Load, "cpuUs"> {
  const line = /^\{.*\}$/m.exec(output)?.[0];
  if (line === undefined) throw new Error(`wrk said nothing of use about ${path}: ${output}`);
  const {
    requests,
    durationUs,
    failed = Number.NaN,
    p50Us,
    p99Us,
  } = JSON.parse(line) as Record<string, number>;
  if (!requests || !durationUs || !(failuresCounted || failed === 0))
    throw new Error(`requests to ${path} failed: ${line}`);
  return {
    requests,
    failed,
    perSecond: ((requests - failed) * 1e6) / durationUs,
    p50Ms: (p50Us ?? 0) / 1_000,
    p99Ms: (p99Us ?? 0) / 1_000,
  };
}
