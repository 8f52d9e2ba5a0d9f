import type { Clock, LogFields, LogLevel } from "../../application/ports.ts";
import { harmless } from "../../lib/terminal.ts";

export interface LogEvent {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly level: Exclude<LogLevel, "OFF">;
  readonly logger: string;
  readonly message: string;
  readonly fields: LogFields | undefined;
}

/** How deep a chain of causes is followed. */
const CAUSES_MAX = 5;
/** Members of an event that fields may not replace. */
const RESERVED: ReadonlySet<string> = new Set(["timestamp", "level", "logger", "message"]);

/** How events look in a format. @param colors escape sequences, in the pretty one */
export function lineFormat(format: "json" | "pretty", colors: boolean): (event: LogEvent) => string {
  return format === "json" ? jsonLine : (event) => prettyLine(event, colors);
}

/** Makes the line that replaces missing lines. */
export function droppedLine(format: (event: LogEvent) => string, clock: Clock): (lines: number) => string {
  return (lines) =>
    format({
      at: clock.now(),
      level: "WARN",
      logger: "todos.log",
      message: "lines of the log are missing here: it could not be written, or was not read, fast enough",
      fields: { lines },
    });
}

/** The event as one JSON object on one line: `timestamp`, `level`, `logger`, `message`, then its fields. */
export function jsonLine({ at, level, logger, message, fields }: LogEvent): string {
  const line: Record<string, unknown> = { timestamp: new Date(at).toISOString(), level, logger, message };
  for (const key in fields) line[RESERVED.has(key) ? `${key}_` : key] = plain(fields[key]);
  return `${harmless(JSON.stringify(line))}\n`;
}

const GREY = "\x1b[90m";
const RESET = "\x1b[0m";
const LEVEL_COLORS: Readonly<Record<LogEvent["level"], string>> = {
  ERROR: "\x1b[31m",
  WARN: "\x1b[33m",
  INFO: "\x1b[32m",
  DEBUG: "\x1b[36m",
  TRACE: "\x1b[90m",
};
const LEVEL_CHARS = 5;
const TIME_OF_DAY = [11, 23] as const;

/** The event for people: time of day (UTC), level, message, fields; a stack on separate lines. */
export function prettyLine({ at, level, logger, message, fields }: LogEvent, colors: boolean): string {
  const paint = (color: string, text: string): string => (colors ? `${color}${text}${RESET}` : text);
  const time = new Date(at).toISOString().slice(...TIME_OF_DAY);
  const parts = [paint(GREY, time), paint(LEVEL_COLORS[level], level.padEnd(LEVEL_CHARS)), harmless(message)];
  let stack = "";
  for (const key in fields) {
    const value = plain(fields[key]);
    if (fields[key] instanceof Error) stack += `\n${harmless(fields[key].stack ?? String(fields[key]))}`;
    else if (value !== undefined) parts.push(paint(GREY, `${key}=${harmless(shown(value))}`));
  }
  return `${parts.join(" ")} ${paint(GREY, `[${harmless(logger)}]`)}${stack}\n`;
}

function shown(value: unknown): string {
  return typeof value === "string" && !/[\s"=]/.test(value) ? value : JSON.stringify(value);
}

/** What JSON can carry of a field's value: errors with their stack and causes, bigints as text. */
function plain(value: unknown, depth = 0): unknown {
  if (typeof value === "bigint") return value.toString();
  if (!(value instanceof Error)) return value;
  return {
    type: value.name,
    ...("code" in value ? { code: String(value.code) } : {}),
    message: value.message,
    stack: value.stack,
    ...(value.cause === undefined || depth >= CAUSES_MAX ? {} : { cause: plain(value.cause, depth + 1) }),
  };
}
