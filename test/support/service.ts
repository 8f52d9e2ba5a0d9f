import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Subprocess } from "bun";
import { builtBinary, type Finished, finished } from "./binary.ts";
import { cleanKeyspace, giveKeyspaceBack, takeKeyspace } from "./cassandra/reused-keyspaces.ts";

/** Settings of the service by their variables. */
export type Settings = Readonly<Record<string, string>>;

/** Rows that outlive the process that serves them; empty at first, removed when disposed. */
export interface Data extends Disposable {
  /** A folder of its own on the disk. */
  readonly folder: string;
  /** What points a process at these rows. */
  readonly settings: Settings;
}

export interface Service extends AsyncDisposable {
  /** Without a slash at its end. */
  readonly url: string;
  readonly managementUrl: string | undefined;
  readonly data: Data;
  readonly process: Subprocess<"ignore", "pipe", "pipe">;
  /** Every line of the log so far. */
  log(): readonly LogLine[];
  /** Resolves with the first line of the log that `wanted` is true of. */
  logged(wanted: (line: LogLine) => boolean): Promise<LogLine>;
  /** Memory the process has in use, bytes. */
  memoryBytes(): number;
  /** The most it has ever had in use, bytes. */
  memoryPeakBytes(): number;
  /** Processor time the process has used, ms. */
  cpuMs(): number;
  /** Sends the signal and waits. @returns the exit code */
  stop(signal?: NodeJS.Signals): Promise<number>;
}

export type LogLine = Readonly<Record<string, unknown>> & { readonly message?: string };

/** Which store the tests of the API run on; `npm test` runs them on both. */
export const STORE = process.env.TODOS_TEST_STORE === "cassandra" ? "cassandra" : "sqlite";

/** The same for a reader of a figure. */
export const STORE_NAME =
  STORE === "sqlite"
    ? "SQLite"
    : process.env.CASSANDRA_AUTH === "sigv4"
      ? "Amazon Keyspaces' stand-in"
      : "Cassandra";

/** Marks a test that needs SQLite's file: `test.skipIf(NO_SQLITE)("… (SQLite only)", …)`. */
export const NO_SQLITE = STORE !== "sqlite";

const CLUSTER_VARIABLE = /^(?:CASSANDRA|AWS)_/;

/** A keyspace of its own on the Cassandra, or the stand-in for Amazon Keyspaces, that this process's environment names. */
function cassandraKeyspace(): Settings {
  const named = Object.entries(process.env).filter(([name]) => CLUSTER_VARIABLE.test(name));
  const cluster = Object.fromEntries(named.map(([name, value = ""]) => [name, value]));
  return { CASSANDRA_ENDPOINTS: "127.0.0.1", ...cluster, CASSANDRA_KEYSPACE: takeKeyspace() };
}

export function scratchData(folder = mkdtempSync(join(tmpdir(), "todos-api-"))): Data {
  const settings: Settings =
    STORE === "cassandra" ? cassandraKeyspace() : { TODOS_SQLITE_PATH: join(folder, "todos.db") };
  return {
    folder,
    settings,
    [Symbol.dispose]: () => {
      rmSync(folder, { recursive: true, force: true });
      if (settings.CASSANDRA_KEYSPACE !== undefined) giveKeyspaceBack(settings.CASSANDRA_KEYSPACE);
    },
  };
}

/**
 * A service of its own, the compiled binary on a free port, ready to be asked. The only place that knows how to start
 * the service and where its rows are.
 * @param data rows to serve; by default new ones that go with the service
 * @param until what is waited for; one that only listens may still be without its store
 */
export async function startService(
  settings: Settings = {},
  data?: Data,
  until: "ready" | "listening" = "ready",
): Promise<Service> {
  const rows = data ?? scratchData();
  if (rows.settings.CASSANDRA_KEYSPACE) await cleanKeyspace(rows.settings.CASSANDRA_KEYSPACE, rows.settings);
  const words = rows.settings.CASSANDRA_ENDPOINTS ? ["serve", "--migrate"] : ["serve"];
  const child = Bun.spawn([await builtBinary(), ...words], {
    cwd: rows.folder,
    env: environment({ ...rows.settings, ...settings }),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const log = new LogReader(child.stdout);
  const ready = await log.first(({ message }) => message?.startsWith(until) ?? false);
  if (!ready) throw new Error(`The service did not start:\n${await new Response(child.stderr).text()}`);
  const stop = async (signal: NodeJS.Signals = "SIGTERM") => {
    child.kill(signal);
    return child.exited;
  };
  return {
    url: String(ready.url),
    managementUrl: ready.managementUrl === undefined ? undefined : String(ready.managementUrl),
    data: rows,
    process: child,
    log: () => log.lines,
    logged: async (wanted) =>
      (await log.first(wanted)) ?? Promise.reject(new Error("the log ended before that")),
    memoryBytes: () => memoryOf(child.pid, "VmRSS"),
    memoryPeakBytes: () => memoryOf(child.pid, "VmHWM"),
    cpuMs: () => usedMs(child.pid),
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
      if (!data) rows[Symbol.dispose]();
    },
  };
}

/** Runs one command of the binary on these rows, to its end. */
export async function runTodos(
  words: readonly string[],
  data: Data,
  settings: Settings = {},
): Promise<Finished> {
  const surroundings = { cwd: data.folder, environment: environment({ ...data.settings, ...settings }) };
  return finished([await builtBinary(), ...words], surroundings);
}

function environment(settings: Settings): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "",
    HOME: tmpdir(),
    TODOS_PORT: "0",
    TODOS_LOG_FORMAT: "json",
    // Tests call the service by many names; those about names say which it answers.
    TODOS_ALLOWED_HOSTS: "*",
    ...settings,
  };
}

function memoryOf(pid: number, entry: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const match = new RegExp(`^${entry}:\\s+(\\d+) kB$`, "m").exec(status);
  if (!match) throw new Error(`process ${pid} has no memory: it has ended`);
  return Number(match[1]) * 1_024;
}

const MS_PER_TICK = 10;

function usedMs(pid: number): number {
  // What follows the program's name, which may hold anything: user time is the 14th field, system time the 15th.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

/** Reads a log of JSON lines to its end, and wakes those who wait for one of them. */
class LogReader {
  readonly lines: LogLine[] = [];
  private ended = false;
  private waiting: (() => void)[] = [];

  constructor(stdout: ReadableStream<Uint8Array>) {
    void this.read(stdout);
  }

  async first(wanted: (line: LogLine) => boolean): Promise<LogLine | undefined> {
    for (;;) {
      const found = this.lines.find(wanted);
      if (found || this.ended) return found;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  private async read(stdout: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of stdout) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      this.lines.push(...lines.map((line): LogLine => JSON.parse(line)));
      this.wake();
    }
    this.ended = true;
    this.wake();
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
