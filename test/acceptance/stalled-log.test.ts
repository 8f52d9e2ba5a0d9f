import { describe, expect, test } from "bun:test";
import { closeSync, constants, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { builtBinary } from "../support/binary.ts";
import { type Data, NO_SQLITE, scratchData } from "../support/service.ts";
import { FULL_SIZE } from "../support/size.ts";

/** Lines of about 300 characters: more than the log, a pipe and a terminal buffer. */
const REQUESTS = FULL_SIZE ? 50_000 : 10_000;
const AT_ONCE = 64;
const PADDING = "p".repeat(100);
/** In time: it does not wait for the drain, and waits two seconds for a reader. */
const EXIT_MS_MAX = 10_000;
const CTRL_S = "\x13";
const CTRL_Q = "\x11";

/** A service whose log is read only when the test wants. */
interface Stallable extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** The part of the log that was read. */
  text(): string;
  stall(): void;
  resume(): void;
  readonly exited: Promise<number>;
}

function environment(data: Data): Record<string, string> {
  return { ...data.settings, PATH: process.env.PATH ?? "", TODOS_PORT: "0", TODOS_ACCESS_LOG: "true" };
}

async function onPipe(): Promise<Stallable> {
  const data = scratchData();
  const path = join(data.folder, "log");
  Bun.spawnSync(["mkfifo", path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  const env = { ...environment(data), TODOS_LOG_FORMAT: "json" };
  const child = Bun.spawn([await builtBinary()], { cwd: data.folder, env, stdin: "ignore", stdout: writer });
  closeSync(writer);
  const log = new PipeLog(reader);
  const url = await log.first(/"url":"([^"]+)"/);
  return {
    url,
    pid: child.pid,
    text: () => log.text,
    stall: () => log.stall(),
    resume: () => log.resume(),
    exited: child.exited,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await child.exited;
      log.stall();
      closeSync(reader);
      data[Symbol.dispose]();
    },
  };
}

/** Reads a non-blocking pipe, until stopped. */
class PipeLog {
  text = "";
  private readonly chunk = Buffer.alloc(64 * 1024);
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly descriptor: number) {
    this.resume();
  }

  async first(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.text)?.[1];
      if (found !== undefined) return found;
      await Bun.sleep(5);
    }
  }

  stall(): void {
    clearInterval(this.timer);
  }

  resume(): void {
    this.timer = setInterval(() => this.read(), 1);
  }

  private read(): void {
    try {
      this.text += this.chunk.toString("utf8", 0, readSync(this.descriptor, this.chunk));
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
    }
  }
}

async function onTerminal(): Promise<Stallable> {
  const data = scratchData();
  let text = "";
  const decoder = new TextDecoder();
  const child = Bun.spawn([await builtBinary()], {
    cwd: data.folder,
    env: { ...environment(data), TERM: "xterm", NO_COLOR: "1" },
    terminal: {
      cols: 200,
      rows: 50,
      data: (_terminal, bytes) => {
        text += decoder.decode(bytes, { stream: true });
      },
    },
  });
  let url: string | undefined;
  while (url === undefined) {
    url = /address {2}(\S+)/.exec(text)?.[1];
    if (url === undefined) await Bun.sleep(5);
  }
  return {
    url,
    pid: child.pid,
    text: () => text,
    stall: () => void child.terminal?.write(CTRL_S),
    resume: () => void child.terminal?.write(CTRL_Q),
    exited: child.exited,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await child.exited;
      child.terminal?.close();
      data[Symbol.dispose]();
    },
  };
}

/** @returns how many were answered with 200 */
async function requests(url: string, count: number): Promise<number> {
  let begun = 0;
  let good = 0;
  const one = async (): Promise<void> => {
    while (begun < count) {
      const headers = { "x-request-id": `${begun++}-${PADDING}` };
      const answer = await fetch(`${url}/actuator/health`, { headers });
      await answer.text();
      if (answer.ok) good++;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return good;
}

async function exitIn(service: Stallable, signal: NodeJS.Signals): Promise<[number, boolean]> {
  const startedAt = performance.now();
  process.kill(service.pid, signal);
  const code = await service.exited;
  return [code, performance.now() - startedAt < EXIT_MS_MAX];
}

const PLACES = [
  ["a pipe that nobody reads", onPipe],
  ["a terminal stopped with Ctrl-S", onTerminal],
] as const;

describe.skipIf(NO_SQLITE || process.platform !== "linux").each(PLACES)("%s", (what, start) => {
  test(`answers continue, and lines that were not logged are counted once the log is read again`, async () => {
    await using service = await start();
    service.stall();
    const startedAt = performance.now();
    expect(await requests(service.url, REQUESTS)).toBe(REQUESTS);
    const seconds = (performance.now() - startedAt) / 1_000;
    expect((await fetch(`${service.url}/actuator/health`)).status).toBe(200);
    service.resume();
    while (!/lines of the log are missing here.*lines\W+\d+/.test(service.text())) await Bun.sleep(5);
    expect(await exitIn(service, "SIGTERM")).toEqual([0, true]);
    const lost = Number(/lines of the log are missing here.*lines\W+(\d+)/.exec(service.text())?.[1]);
    const logged = service.text().split("request answered").length - 1;
    expect(lost).toBeGreaterThan(0);
    expect(logged + lost).toBe(REQUESTS + 1);
    console.log(
      `note: ${what}: ${REQUESTS} of ${REQUESTS} requests answered at ${Math.round(REQUESTS / seconds)}/s, ${lost} lines dropped and told`,
    );
  });

  test("SIGTERM ends it in time, with 0", async () => {
    await using service = await start();
    service.stall();
    expect(await requests(service.url, 1_000)).toBe(1_000);
    expect(await exitIn(service, "SIGTERM")).toEqual([0, true]);
  });
});

test.skipIf(NO_SQLITE)("the last lines are written at exit, if the log is read", async () => {
  await using service = await onPipe();
  expect(await requests(service.url, 500)).toBe(500);
  expect(await exitIn(service, "SIGTERM")).toEqual([0, true]);
  while (!service.text().includes('"message":"stopped"')) await Bun.sleep(5);
  expect(service.text().split("request answered").length - 1).toBe(500);
});
