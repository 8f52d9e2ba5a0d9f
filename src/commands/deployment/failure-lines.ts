import { type LogEvent, prettyLine } from "../../adapters/telemetry/log-format.ts";
import type { DeployEvent } from "../../application/deploy/events.ts";
import { LOG_LEVELS, type LogLevel } from "../../application/ports.ts";
import { lastPartOf } from "../../lib/arn.ts";
import { harmless } from "../../lib/terminal.ts";
import type { Line } from "./line.ts";

export type TaskFailure = Extract<DeployEvent, { event: "task-failed" }>;

/** What differs between two tasks that failed for the same reason: times, ids, ports. */
const NUMBERS = /[0-9a-f-]*\d[0-9a-f-]*/gi;

/** A failed task: ECS's reason, its exit code, its last log lines, the cause, and what to do. */
export function failureLines(failure: TaskFailure): Line[] {
  const { purpose, cause, advice, stoppedReason, exitCode, logLines } = failure;
  return [
    { mood: "bad", text: `  ${purpose} failed: ${cause}` },
    plain(`task ${idOf(failure)}`),
    ...(stoppedReason === undefined ? [] : [plain(`ECS says: ${stoppedReason}`)]),
    ...(exitCode === undefined ? [] : [plain(`exit code ${exitCode}`)]),
    ...(logLines.length === 0 ? [] : [plain("its last log lines:")]),
    ...logLines.map((text) => plain(`| ${readable(text)}`)),
    { mood: "warn", text: `    ${advice}` },
  ];
}

/** One that failed like the previous one. */
export function repeatedFailureLines(failure: TaskFailure): Line[] {
  return [
    {
      mood: "bad",
      text: `  ${failure.purpose} failed for the same reason as the one before (${idOf(failure)})`,
    },
  ];
}

export function isSameFailure(one: TaskFailure, other: TaskFailure): boolean {
  return essence(one) === essence(other);
}

function essence({ purpose, cause, stoppedReason, exitCode, logLines }: TaskFailure): string {
  const told = [cause, stoppedReason ?? "", ...logLines].join("\n").replaceAll(NUMBERS, "");
  return `${purpose} ${exitCode} ${told}`;
}

function idOf({ task }: TaskFailure): string {
  return lastPartOf(task);
}

function plain(text: string): Line {
  return { mood: "plain", text: `    ${text}` };
}

/**
 * A line of our own log as on a terminal; any other line unchanged, except for terminal control characters.
 */
function readable(text: string): string {
  const event = eventOf(text);
  return event === undefined ? harmless(text) : prettyLine(event, false).trimEnd();
}

function eventOf(text: string): LogEvent | undefined {
  const { timestamp, level, logger, message, ...fields } = objectOf(text);
  const at = Date.parse(String(timestamp));
  if (Number.isNaN(at) || typeof message !== "string" || typeof logger !== "string") return undefined;
  return isLevel(level) ? { at, level, logger, message, fields } : undefined;
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  if (!text.startsWith("{")) return {};
  try {
    return JSON.parse(text);
  } catch {
    // Another program's line, or half of one of ours.
    return {};
  }
}

function isLevel(level: unknown): level is Exclude<LogLevel, "OFF"> {
  return level !== "OFF" && LOG_LEVELS.some((each) => each === level);
}
