import { expect, test } from "bun:test";
import { join } from "node:path";

const CRASHING = join(import.meta.dir, "../support/children/crashing.ts");

test.each(["thrown", "rejected"])(
  "an uncaught error (%s) is in the log once, and everything open is still closed",
  async (how) => {
    const child = Bun.spawn([process.execPath, CRASHING, how], { stdout: "pipe", stderr: "pipe" });
    const [lines, rest, exitCode] = await Promise.all([
      child.stdout.text(),
      child.stderr.text(),
      child.exited,
    ]);
    expect(lines.trim().split("\n")).toEqual([
      "error: a fault of the program ends it: nobody catches this",
      "closed, after: nobody catches this",
    ]);
    expect([rest, exitCode]).toEqual(["", 1]);
  },
);
