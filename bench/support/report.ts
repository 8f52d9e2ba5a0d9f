import type { Machine } from "./machine.ts";
import type { Row } from "./row.ts";

export interface Report {
  /** RFC 3339 full-date. */
  readonly date: string;
  readonly mode: string;
  readonly machine: Machine;
  /** What `todos version` says. */
  readonly version: string;
  readonly peerName: string;
  readonly rows: readonly Row[];
  /** Goals of the design that this run does not measure, and why. */
  readonly notMeasured: readonly string[];
}

const HEADINGS = ["what", "unit", "todos", "limit", "Go peer", "goal", "reached", "met", "note"];

/** The table as Markdown, with the machine. */
export function markdown(report: Report): string {
  const { machine } = report;
  const table = [HEADINGS, HEADINGS.map(() => "---"), ...report.rows.map(cells)];
  return [
    "# Bench",
    "",
    `${report.date}, ${report.mode}. ${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.kernel}, load average ${machine.load} at the start. Go peer: ${report.peerName}.`,
    "",
    "```",
    report.version,
    "```",
    "",
    "Every line was measured in one run, round by round with its limit; values are medians. Compare lines, not machines.",
    "",
    ...table.map((row) => `| ${row.join(" | ")} |`),
    "",
    ...report.notMeasured.map((each) => `- Not measured: ${each}`),
    "",
    "![The figures as bars, each row with its limit and the Go peer](latest.svg)",
    "",
  ].join("\n");
}

function cells({ what, unit, todos, limit, peer, goal, note }: Row): string[] {
  return [
    what,
    unit,
    figure(todos),
    limit === undefined ? "" : `${figure(limit.value)} (${limit.name})`,
    peer === undefined ? "" : figure(peer),
    goal?.text ?? "",
    goal?.reached ?? "",
    goal === undefined ? "" : goal.met ? "yes" : "**no**",
    note ?? "",
  ];
}

/** Three significant digits, or whole numbers from a thousand on. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return "?";
  return value >= 1_000 ? Math.round(value).toLocaleString("en-US") : String(Number(value.toPrecision(3)));
}
