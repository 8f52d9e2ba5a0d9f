import { expect, jest, test } from "bun:test";
import { FAILURE_LINES_PER_SECOND_MAX, FailureLog } from "../../../src/adapters/http/kernel/failure-log.ts";
import type { LogFields } from "../../../src/application/ports.ts";

function recorded() {
  const lines: [string, LogFields | undefined][] = [];
  const note = (message: string, fields?: LogFields): void => void lines.push([message, fields]);
  return { lines, log: { error: note, warn: note, info: note, debug: note } };
}

test("up to a limit of lines a second, then a count of the rest, then the same in the next second", () => {
  jest.useFakeTimers();
  try {
    const { lines, log } = recorded();
    const failures = new FailureLog(log);
    const flood = (): void => {
      for (let at = 0; at < 1_000; at++) failures.warn("answered", { at });
    };
    flood();
    expect(lines).toHaveLength(FAILURE_LINES_PER_SECOND_MAX);
    jest.advanceTimersByTime(1_000);
    expect(lines.at(-1)).toEqual([
      "more requests were answered with 503",
      { requests: 1_000 - FAILURE_LINES_PER_SECOND_MAX },
    ]);
    jest.advanceTimersByTime(5_000);
    expect(lines).toHaveLength(FAILURE_LINES_PER_SECOND_MAX + 1);
    flood();
    failures.end();
    expect(lines).toHaveLength(2 * (FAILURE_LINES_PER_SECOND_MAX + 1));
  } finally {
    jest.useRealTimers();
  }
});

test("a few failures are all logged, without a count", () => {
  const { lines, log } = recorded();
  const failures = new FailureLog(log);
  failures.warn("answered", {});
  failures.end();
  expect(lines).toEqual([["answered", {}]]);
});
