import { showLogs } from "../application/deploy/logs.ts";
import { lastPartOf } from "../lib/arn.ts";
import { harmless } from "../lib/terminal.ts";
import { DEPLOYMENT_OPTIONS } from "./deployment/options.ts";
import { inSession } from "./deployment/session.ts";
import type { Command } from "./support/command.ts";
import { EXIT_DONE, UsageError } from "./support/command.ts";

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DEFAULT_SINCE = "10m";

export const command: Command = {
  name: "logs",
  summary: "show what the tasks of a deployment log",
  details:
    'The filter is a pattern of CloudWatch Logs: a word, or fields of our JSON lines as { $.level = "ERROR" }.',
  arguments: [],
  options: [
    ...DEPLOYMENT_OPTIONS,
    { name: "follow", description: "go on showing new lines, until Ctrl-C" },
    {
      name: "since",
      placeholder: "TIME",
      description: `how far back: 30s, 10m, 2h, 1d, or a time; without it ${DEFAULT_SINCE}`,
    },
    { name: "filter", placeholder: "PATTERN", description: "only lines that match" },
  ],
  settings: ["awsRegion"],
  examples: [
    { line: "todos logs --follow", does: "from ten minutes ago on" },
    { line: "todos logs --since 1h --filter ERROR", does: "what went wrong in the last hour" },
  ],
  run: (context) => {
    const from = sinceOf(context.value("since") ?? DEFAULT_SINCE, Date.now());
    return inSession(
      context,
      async ({ engine }) => {
        const filter = context.value("filter");
        await showLogs(engine, {
          from,
          ...(filter !== undefined && { filter }),
          follow: context.has("follow"),
          write: ({ at, stream, text }) => {
            const task = lastPartOf(stream).slice(0, 8);
            const line = context.has("json")
              ? JSON.stringify({ event: "log", at: new Date(at).toISOString(), stream, text })
              : `${new Date(at).toISOString()} ${task} ${text}`;
            context.stdout.write(`${context.stdout.isTerminal ? harmless(line) : line}\n`);
          },
        });
        return EXIT_DONE;
      },
      { deadlineMs: Number.POSITIVE_INFINITY, endsOnInterrupt: "" },
    );
  },
};

/** @returns milliseconds since 1970. @throws UsageError */
function sinceOf(text: string, now: number): number {
  const [, count, unit = ""] = /^(\d+)([smhd])$/.exec(text) ?? [];
  if (count !== undefined) return now - Number(count) * (UNITS_MS[unit] ?? 0);
  const at = Date.parse(text);
  if (Number.isNaN(at))
    throw new UsageError(
      `--since is "${text}"; it must be as 30s, 10m, 2h, 1d, or a time as 2030-12-31T12:00:00Z`,
    );
  return at;
}
