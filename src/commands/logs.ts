import { showLogs } from "../application/deploy/logs.ts";
import { lastPartOf } from "../lib/arn.ts";
import { harmless } from "../lib/terminal.ts";
import { withDeployment } from "./deployment/deployment.ts";
import { DEPLOYMENT_OPTIONS } from "./deployment/options.ts";
import type { Command } from "./support/command.ts";
import { EXIT_DONE, UsageError } from "./support/command.ts";

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DEFAULT_SINCE = "10m";

export const command: Command = {
  name: "logs",
  summary: "show the logs of a deployment's tasks",
  details:
    'The filter is a CloudWatch Logs pattern: a word, or fields of the JSON log lines as { $.level = "ERROR" }.',
  arguments: [],
  options: [
    ...DEPLOYMENT_OPTIONS,
    { name: "follow", description: "keep showing new lines until Ctrl-C" },
    {
      name: "since",
      placeholder: "TIME",
      description: `how far back to start: 30s, 10m, 2h, 1d, or a time (default: ${DEFAULT_SINCE})`,
    },
    { name: "filter", placeholder: "PATTERN", description: "show only matching lines" },
  ],
  settings: ["awsRegion"],
  examples: [
    { line: "todos logs --follow", does: "the last ten minutes, then new lines" },
    { line: "todos logs --since 1h --filter ERROR", does: "errors of the last hour" },
  ],
  run: (context) => {
    const from = sinceOf(context.value("since") ?? DEFAULT_SINCE, Date.now());
    return withDeployment(
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
      `--since is "${text}"; it must be a duration such as 30s, 10m, 2h or 1d, or a time such as 2030-12-31T12:00:00Z`,
    );
  return at;
}
