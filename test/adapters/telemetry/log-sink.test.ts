import { expect, test } from "bun:test";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogSink, WAITING_CHARS_MAX } from "../../../src/adapters/telemetry/log-sink.ts";

const SINK = join(import.meta.dir, "../../../src/adapters/telemetry/log-sink.ts");
const dropped = (lines: number) => `${lines} dropped\n`;

function logFile() {
  const folder = mkdtempSync(join(tmpdir(), "todos-test-"));
  const path = join(folder, "log");
  const descriptor = openSync(path, "a");
  return {
    descriptor,
    text: () => readFileSync(path, "utf8"),
    [Symbol.dispose]: () => {
      closeSync(descriptor);
      rmSync(folder, { recursive: true });
    },
  };
}

/** A pipe that nobody reads unless told to. */
function unreadPipe() {
  const folder = mkdtempSync(join(tmpdir(), "todos-test-"));
  const path = join(folder, "pipe");
  Bun.spawnSync(["mkfifo", path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  const chunk = Buffer.alloc(1024 * 1024);
  return {
    writer,
    /** What is in it now. */
    read: (): string => {
      try {
        return chunk.toString("utf8", 0, readSync(reader, chunk));
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "EAGAIN") return "";
        throw error;
      }
    },
    [Symbol.dispose]: () => {
      closeSync(reader);
      closeSync(writer);
      rmSync(folder, { recursive: true });
    },
  };
}

test("lines are written in order, after the turn of the event loop", async () => {
  using file = logFile();
  const sink = createLogSink(file.descriptor, dropped);
  sink.write("one\n");
  sink.write("two\n");
  expect(file.text()).toBe("");
  await sink.flush();
  sink.write("three\n");
  await sink.flush();
  expect(file.text()).toBe("one\ntwo\nthree\n");
});

test("lines that arrive during a write follow it, and none is written twice", async () => {
  using file = logFile();
  const sink = createLogSink(file.descriptor, dropped);
  const lines = Array.from({ length: 10_000 }, (_, at) => `line ${at}\n`);
  for (const [at, line] of lines.entries()) {
    sink.write(line);
    if (at % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await sink.flush();
  expect(file.text()).toBe(lines.join(""));
});

test("a full pipe blocks nobody; lines without room are counted where they are missing", async () => {
  using pipe = unreadPipe();
  const sink = createLogSink(pipe.writer, dropped);
  const count = Math.ceil((4 * WAITING_CHARS_MAX) / numbered(0).length);
  let [rest, next, gaps] = ["", 0, 0];
  const read = () => {
    const lines = (rest + pipe.read()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const lost = /^(\d+) dropped$/.exec(line)?.[1];
      if (lost === undefined) expect(`${line}\n`).toBe(numbered(next++));
      else [next, gaps] = [next + Number(lost), gaps + 1];
    }
  };
  for (let from = 0; from < 2 * count; from += count) {
    let turns = 0;
    for (let at = from; at < from + count; at++) {
      sink.write(numbered(at));
      if (at % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve, turns++));
    }
    expect(turns).toBeGreaterThan(40);
    while (next < from + count) {
      read();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  expect(gaps).toBeGreaterThanOrEqual(2);
  sink.write("after\n");
  await sink.flush();
  expect(pipe.read()).toBe("after\n");
});

const numbered = (at: number) => `${String(at).padStart(99, "0")}\n`;

test("the end of the process waits for a stuck reader, but not forever", async () => {
  using pipe = unreadPipe();
  const sink = createLogSink(pipe.writer, dropped);
  for (let at = 0; at < 2_000; at++) sink.write(`${"x".repeat(99)}\n`);
  await sink.flush();
  expect(pipe.read().length).toBe(64 * 1024);
});

test("lines that a full disk refused are counted once there is room", () => {
  const script = `
    import { ftruncateSync, openSync } from "node:fs";
    const { createLogSink } = await import(${JSON.stringify(SINK)});
    const sink = createLogSink(1, (lines) => lines + " dropped\\n");
    const say = async (line) => { sink.write(line); await sink.flush(); };
    await say("${"x".repeat(1_023)}\\n");
    await say("refused\\n");
    await say("refused too\\n");
    ftruncateSync(1, 0);
    await say("room\\n");
  `;
  using file = logFile();
  // What the limit on a file's size refuses, a full disk does by the same kind of error.
  const child = Bun.spawnSync(["bash", "-c", 'ulimit -f 1; "$0" -e "$1"', process.execPath, script], {
    stdout: file.descriptor,
    stderr: "pipe",
  });
  expect([child.stderr.toString(), child.exitCode]).toEqual(["", 0]);
  expect(file.text()).toBe("2 dropped\nroom\n");
});

test("a reader that has gone does not stop the program", async () => {
  const script = `
    const { createLogSink } = await import(${JSON.stringify(SINK)});
    const sink = createLogSink(1, () => "");
    for (let i = 0; i < 3; i++) { sink.write("line\\n"); await sink.flush(); }
    process.stderr.write("still here");
  `;
  // The shell waits until the reader has ended before it starts the writer.
  const shell = 'exec 3> >(true); wait $!; "$0" -e "$1" >&3';
  const child = Bun.spawn(["bash", "-c", shell, process.execPath, script], {
    stdout: "ignore",
    stderr: "pipe",
  });
  expect(await new Response(child.stderr).text()).toBe("still here");
});
