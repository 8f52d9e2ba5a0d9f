import { describe, expect, test } from "bun:test";
import { StoreOpenError } from "../../src/application/store-open-error.ts";
import type { CommandEntry, Output } from "../../src/commands/support/command.ts";
import { CommandError, jsonOption, UsageError } from "../../src/commands/support/command.ts";
import { BrokenPipeError } from "../../src/commands/support/output.ts";
import { runLine } from "../../src/commands/support/run.ts";
import { configurationOf } from "../../src/config.ts";
import { editDistance, nearest } from "../../src/lib/suggest.ts";

/** The program with one command that does what is given. */
async function run(
  work: () => Promise<number>,
  environment: Record<string, string> = {},
  flags: readonly string[] = [],
) {
  const written = { stdout: "", stderr: "" };
  const output = (name: "stdout" | "stderr"): Output => ({
    isTerminal: false,
    colors: false,
    write: (text) => {
      written[name] += text;
    },
  });
  const entry: CommandEntry = {
    name: "try",
    summary: "try",
    load: async () => ({
      command: {
        name: "try",
        summary: "try",
        arguments: [],
        options: [jsonOption("the result")],
        settings: ["logLevel"],
        examples: [],
        run: work,
      },
    }),
  };
  const code = await runLine(
    ["try", ...flags],
    {
      configuration: configurationOf(environment),
      stdout: output("stdout"),
      stderr: output("stderr"),
      signals: { on: () => () => undefined },
    },
    [entry],
  );
  return { code, ...written };
}

describe("what a command throws", () => {
  test("a usage error → 2", async () => {
    const ended = await run(async () => Promise.reject(new UsageError("wrong", "See: todos --help")));
    expect(ended).toEqual({ code: 2, stdout: "", stderr: "todos: wrong\n  See: todos --help\n" });
  });

  test("a command error → 1, with what to do next", async () => {
    const ended = await run(async () => Promise.reject(new CommandError("the disk is full", "make room")));
    expect(ended).toEqual({ code: 1, stdout: "", stderr: "todos: the disk is full\n  make room\n" });
  });

  test("a store that can't be opened → 1, its sentence", async () => {
    const ended = await run(async () => Promise.reject(new StoreOpenError("a.db is not a database")));
    expect(ended).toEqual({ code: 1, stdout: "", stderr: "todos: a.db is not a database\n" });
  });

  test("anything else is a bug → 1, one line, and how to see the stack", async () => {
    const broken = async (): Promise<number> => Promise.reject(new RangeError("off by one"));
    const plain = await run(broken);
    expect(plain.code).toBe(1);
    expect(plain.stderr).toBe(
      "todos: this is a bug in todos: RangeError: off by one (set TODOS_LOG_LEVEL=debug to see where)\n",
    );
    const detailed = await run(broken, { TODOS_LOG_LEVEL: "debug" });
    expect(detailed.stderr).toContain("run.test.ts");
    const byFlag = await run(broken, {}, ["--log-level", "debug"]);
    expect(byFlag.stderr).toContain("run.test.ts");
    const quieted = await run(broken, { TODOS_LOG_LEVEL: "debug" }, ["--log-level=info"]);
    expect(quieted.stderr).not.toContain("run.test.ts");
  });

  test("--json: the same as one line on standard output", async () => {
    const failure = new CommandError("the disk is full", "make room", { code: "disk" });
    const ended = await run(async () => Promise.reject(failure), {}, ["--json"]);
    expect(JSON.parse(ended.stdout)).toEqual({
      event: "failed",
      code: "disk",
      message: "the disk is full",
      advice: "make room",
    });
    expect(ended.stderr).toBe("todos: the disk is full\n  make room\n");
    const bug = await run(async () => Promise.reject(new RangeError("off by one")), {}, ["--json"]);
    expect(JSON.parse(bug.stdout)).toMatchObject({ event: "failed", code: "bug" });
  });

  test("the reader is gone → 0, silently; the terminal is gone → 129", async () => {
    const ended = await run(async () => Promise.reject(new BrokenPipeError(false, undefined)));
    expect(ended).toEqual({ code: 0, stdout: "", stderr: "" });
    const hungUp = await run(async () => Promise.reject(new BrokenPipeError(true, undefined)));
    expect(hungUp).toEqual({ code: 129, stdout: "", stderr: "" });
  });
});

describe("suggestions", () => {
  test.each([
    ["", "", 0],
    ["abc", "abc", 0],
    ["abc", "abd", 1],
    ["abc", "acb", 1],
    ["abc", "", 3],
    ["kitten", "sitting", 3],
  ])("%p and %p are %d apart", (a, b, edits) => {
    expect(editDistance(a, b)).toBe(edits);
    expect(editDistance(b, a)).toBe(edits);
  });

  test("only something similar is suggested, the closest first", () => {
    expect(nearest("servr", ["smoke", "serve"])).toBe("serve");
    expect(nearest("x", ["smoke", "serve"])).toBeUndefined();
    expect(nearest("deploy", ["doctor", "version"])).toBeUndefined();
  });
});
