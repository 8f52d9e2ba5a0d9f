import { expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogSink } from "../../../src/adapters/telemetry/log-sink.ts";

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

test("lines of one turn are written together at its end, in order", async () => {
  using file = logFile();
  const sink = createLogSink(file.descriptor);
  sink.write("one\n");
  sink.write("two\n");
  expect(file.text()).toBe("");
  await new Promise((resolve) => setImmediate(resolve));
  expect(file.text()).toBe("one\ntwo\n");
});

test("flush writes at once, and nothing twice", async () => {
  using file = logFile();
  const sink = createLogSink(file.descriptor);
  sink.write("last words\n");
  sink.flush();
  await new Promise((resolve) => setImmediate(resolve));
  expect(file.text()).toBe("last words\n");
});

test("a flood is written before the turn ends", async () => {
  using file = logFile();
  const sink = createLogSink(file.descriptor);
  for (let line = 0; line < 2_000; line++) sink.write(`${"x".repeat(99)}\n`);
  expect(file.text().length).toBeGreaterThan(100_000);
  await new Promise((resolve) => setImmediate(resolve));
  expect(file.text().length).toBe(200_000);
});

test("a reader that has gone does not stop the program", async () => {
  const script = `
    const { createLogSink } = await import(${JSON.stringify(join(import.meta.dir, "../../../src/adapters/telemetry/log-sink.ts"))});
    const sink = createLogSink(1);
    for (let i = 0; i < 3; i++) { sink.write("line\\n"); sink.flush(); }
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
