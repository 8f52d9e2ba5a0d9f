import { describe, expect, test } from "bun:test";
import type { DeployEvent } from "../../src/application/deploy/events.ts";
import { Display } from "../../src/commands/deployment/display.ts";
import type { PropertyChange } from "../../src/domain/deployment/changes.ts";

/** Returns the output for events, on a terminal of 60 columns or in a file. */
function shown(events: readonly DeployEvent[], isTerminal = false): string {
  let text = "";
  const write = (more: string) => {
    text += more;
  };
  const stderr = { isTerminal, colors: false, columns: 60, write };
  using display = new Display({ has: () => false, stdout: stderr, stderr });
  for (const event of events) display.report(event);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this clears the moving line
  return text.replaceAll(/\r\x1b\[K/g, "");
}

const FAILED = {
  event: "task-failed",
  purpose: "a task of the service",
  task: "arn:aws:ecs:eu-west-1:1:task/todos/1111",
  cause: "the program ended with exit code 3",
  advice: "fix it",
  stoppedReason: "Essential container in task exited",
  exitCode: 3,
  at: 0,
} as const;

describe("a task that failed", () => {
  test("is shown with ECS's reason, its exit code, its last log lines and what to do", () => {
    expect(shown([{ ...FAILED, logLines: ["no such keyspace"] }])).toBe(
      [
        "  a task of the service failed: the program ended with exit code 3",
        "    task 1111",
        "    ECS says: Essential container in task exited",
        "    exit code 3",
        "    its last log lines:",
        "    | no such keyspace",
        "    fix it",
        "",
      ].join("\n"),
    );
  });

  test("with the same reason as the previous one takes one line; one with another reason is shown in full", () => {
    const text = shown([
      { ...FAILED, logLines: ["at 12:00:01 no keyspace"] },
      { ...FAILED, task: "task/todos/2222", logLines: ["at 12:00:09 no keyspace"] },
      { ...FAILED, task: "task/todos/3333", logLines: ["no role"] },
    ]);
    expect(text).toContain("  a task of the service failed for the same reason as the one before (2222)\n");
    expect(text.match(/no keyspace/g)?.length).toBe(1);
    expect(text).toContain("    task 3333\n");
  });

  test("its log is shown as on a terminal, but can't control the terminal", () => {
    const json =
      '{"timestamp":"2030-01-01T00:00:07.412Z","level":"WARN","logger":"todos.store","message":"no store","port":9142}';
    const text = shown([{ ...FAILED, logLines: [json, '{"half":', "\x1b[2Jgone"] }]);
    expect(text).toContain("    | 00:00:07.412 WARN  no store port=9142 [todos.store]\n");
    expect(text).toContain('    | {"half":\n');
    expect(text).toContain("    | \\u001b[2Jgone\n");
  });
});

describe("a property that changes", () => {
  const line = (change: Pick<PropertyChange, "before" | "after">) =>
    shown([
      {
        event: "plan",
        monthlyUsd: 0,
        costs: [],
        usualMs: 0,
        stacks: [
          {
            kind: "ecs",
            stack: "S",
            action: "update",
            basis: "change set",
            changes: [
              {
                logicalId: "L",
                type: "T",
                action: "modify",
                replacement: "no",
                properties: [{ path: "Properties.P", replaces: "no", ...change }],
              },
            ],
          },
        ],
      },
    ])
      .split("\n")
      .find((each) => each.startsWith("        "))
      ?.trim();

  test("is shown by its difference, with digests shortened to their first characters", () => {
    const image = (digit: string) =>
      `111122223333.dkr.ecr.eu-west-1.amazonaws.com/todos@sha256:${digit.repeat(64)}`;
    expect(line({ before: image("a"), after: image("b") })).toBe(
      "P: …sha256:aaaaaaaaaaaa… → …sha256:bbbbbbbbbbbb…",
    );
  });

  test("says so if CloudFormation has yet to create the value; short values are shown in full", () => {
    expect(line({ before: "256", after: "{{changeSet:KNOWN_AFTER_APPLY}}" })).toBe("P: 256 → (known later)");
    expect(line({ before: "256", after: "512" })).toBe("P: 256 → 512");
    expect(line({ after: "512" })).toBe("P: (none) → 512");
  });
});

test("on a terminal, lines break between words; in a file, they stay whole", () => {
  const text = `waiting for ${"something ".repeat(8)}`.trim();
  expect(shown([{ event: "waiting", text }])).toBe(`  ${text}\n`);
  const rows = shown([{ event: "waiting", text }], true)
    .trimEnd()
    .split("\n");
  expect(rows.length).toBe(2);
  expect(rows.every((row) => row.length <= 60)).toBe(true);
});
