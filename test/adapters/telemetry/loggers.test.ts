import { describe, expect, test } from "bun:test";
import type { LoggerOptions } from "../../../src/adapters/telemetry/loggers.ts";
import { createLoggers, ROOT_LOGGER } from "../../../src/adapters/telemetry/loggers.ts";

const AT = Date.UTC(2026, 0, 2, 3, 4, 5, 67);

function setUp(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const loggers = createLoggers({
    format: "json",
    level: "INFO",
    clock: { now: () => AT },
    write: (line) => lines.push(line),
    ...options,
  });
  return { loggers, lines, json: () => lines.map((line) => JSON.parse(line)) };
}

describe("JSON", () => {
  test("one object on one line: time, level, logger, message, then the fields", () => {
    const { loggers, lines } = setUp();
    loggers.get("todos.http").warn("slow", { path: "/tasks", ms: 12, note: "two\nlines" });
    expect(lines).toEqual([
      `{"timestamp":"2026-01-02T03:04:05.067Z","level":"WARN","logger":"todos.http","message":"slow","path":"/tasks","ms":12,"note":"two\\nlines"}\n`,
    ]);
  });

  test("terminal escape sequences are escaped, and JSON reads them back unchanged", () => {
    const { loggers, lines } = setUp({});
    loggers.get("todos").info("x", { agent: "\x1b[2J\u202e\u009b" });
    for (const obeyed of ["\x1b", "\u202e", "\u009b"]) expect(lines[0]).not.toContain(obeyed);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ agent: "\x1b[2J\u202e\u009b" });
  });

  test("an error is written with its type, code, stack and causes", () => {
    const { loggers, json } = setUp();
    const cause = Object.assign(new Error("no space"), { code: "ENOSPC" });
    loggers.get("todos").error("failed", { error: new TypeError("bad", { cause }) });
    expect(json()[0].error).toMatchObject({
      type: "TypeError",
      message: "bad",
      stack: expect.stringContaining("loggers.test.ts"),
      cause: { type: "Error", code: "ENOSPC", message: "no space" },
    });
  });

  test("an error that is its own cause is cut off", () => {
    const { loggers, lines } = setUp();
    const error = new Error("round and round");
    error.cause = error;
    loggers.get("todos").error("failed", { error });
    expect(lines).toHaveLength(1);
  });

  test("fields can't overwrite the event's own members; a bigint is text", () => {
    const { loggers, json } = setUp();
    loggers.get("todos").info("real", { message: "forged", level: "OFF", big: 12n });
    expect(json()[0]).toMatchObject({ message: "real", level: "INFO", message_: "forged", big: "12" });
  });
});

describe("pretty", () => {
  test("time of day, level, message, fields and logger; no colours unless asked for", () => {
    const { loggers, lines } = setUp({ format: "pretty" });
    loggers.get("todos").info("ready", { url: "http://127.0.0.1:8181", note: "a b" });
    expect(lines).toEqual(['03:04:05.067 INFO  ready url=http://127.0.0.1:8181 note="a b" [todos]\n']);
    const colored = setUp({ format: "pretty", colors: true });
    colored.loggers.get("todos").error("broken");
    expect(colored.lines[0]).toContain("\x1b[31mERROR\x1b[0m");
  });

  test("an error's stack follows on separate lines", () => {
    const { loggers, lines } = setUp({ format: "pretty" });
    loggers.get("todos").error("failed", { error: new Error("bad") });
    expect(lines[0]).toContain("\nError: bad\n");
  });

  test("a client's text can't control the terminal or forge a line", () => {
    const { loggers, lines } = setUp({ format: "pretty" });
    loggers.get("todos").warn("odd \x1b[2J", { agent: "x\x1b]0;title\x07\nERROR forged", name: "a\u202eb" });
    for (const obeyed of ["\x1b", "\u202e"]) expect(lines[0]).not.toContain(obeyed);
    expect(lines[0]?.split("\n")).toHaveLength(2);
  });
});

describe("levels", () => {
  test("less severe events than the level are not written", () => {
    const { loggers, lines } = setUp({ level: "WARN" });
    const log = loggers.get("todos");
    log.debug("no");
    log.info("no");
    log.warn("yes");
    log.error("yes");
    expect(lines).toHaveLength(2);
    const off = setUp({ level: "OFF" });
    off.loggers.get("todos").error("no");
    expect(off.lines).toEqual([]);
  });

  test("a logger has its nearest parent's level, whenever that changes, until it has its own", () => {
    const { loggers, lines } = setUp();
    const log = loggers.get("todos.http.access");
    loggers.setLevel("todos.http", "DEBUG");
    log.debug("heard");
    expect(loggers.level("todos.http.access")).toEqual({ effective: "DEBUG" });
    loggers.setLevel("todos.http.access", "ERROR");
    log.debug("not heard");
    expect(loggers.level("todos.http.access")).toEqual({ configured: "ERROR", effective: "ERROR" });
    loggers.setLevel("todos.http.access", undefined);
    loggers.setLevel("todos.http", undefined);
    log.debug("not heard");
    expect(lines).toHaveLength(1);
  });

  test("the root comes first; a name that is neither a logger nor a parent of one is unknown", () => {
    const { loggers } = setUp();
    loggers.get("todos.store");
    loggers.get("todos.http");
    expect(loggers.levels()).toEqual([
      { name: ROOT_LOGGER, configured: "INFO", effective: "INFO" },
      { name: "todos.http", effective: "INFO" },
      { name: "todos.store", effective: "INFO" },
    ]);
    expect(loggers.level("todos")).toEqual({ effective: "INFO" });
    expect(loggers.level("nothing")).toBeUndefined();
  });

  test("the root's level can be changed, and reset to the configured one", () => {
    const { loggers } = setUp();
    loggers.setLevel(ROOT_LOGGER, "TRACE");
    expect(loggers.level(ROOT_LOGGER)).toEqual({ configured: "TRACE", effective: "TRACE" });
    loggers.setLevel(ROOT_LOGGER, undefined);
    expect(loggers.level(ROOT_LOGGER)).toEqual({ effective: "INFO" });
  });
});
