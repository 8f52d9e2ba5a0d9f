import type { Clock, Log, LogFields, Loggers, LogLevel } from "../../application/ports.ts";
import { LOG_LEVELS } from "../../application/ports.ts";
import type { LogEvent } from "./log-format.ts";
import { lineFormat } from "./log-format.ts";

export interface LoggerOptions {
  readonly format: "json" | "pretty";
  /** Level of every logger without its own. */
  readonly level: LogLevel;
  readonly clock: Clock;
  /** Receives complete lines with their line feed. */
  write(line: string): void;
  /** Escape sequences for colours in the pretty format. */
  readonly colors?: boolean;
}

/** The root of all loggers, by Spring Boot's name for it. */
export const ROOT_LOGGER = "ROOT";
/** Limits the loggers that an operator's typing errors in /actuator/loggers can create. */
const CONFIGURED_LEVELS_MAX = 1_000;

const RANKS: Readonly<Record<LogLevel, number>> = Object.freeze(
  Object.fromEntries(LOG_LEVELS.map((level, rank) => [level, rank])) as Record<LogLevel, number>,
);

interface Logger extends Log {
  /** Rank of the least severe level that is written. */
  rank: number;
}

/** Loggers by dotted name; a logger without a level of its own has its nearest parent's. */
export function createLoggers(options: LoggerOptions): Loggers {
  const configured = new Map<string, LogLevel>([[ROOT_LOGGER, options.level]]);
  const loggers = new Map<string, Logger>();
  const effective = (name: string): LogLevel => effectiveLevel(name, configured, options.level);
  const state = (name: string): { configured?: LogLevel; effective: LogLevel } => {
    const own = configured.get(name);
    return { ...(own === undefined ? {} : { configured: own }), effective: effective(name) };
  };
  const known = (): string[] => [...new Set([ROOT_LOGGER, ...configured.keys(), ...loggers.keys()])];
  return {
    get: (name) => {
      const found = loggers.get(name);
      if (found) return found;
      const made = createLogger(name, RANKS[effective(name)], options);
      loggers.set(name, made);
      return made;
    },
    levels: () =>
      known()
        .sort((a, b) => Number(b === ROOT_LOGGER) - Number(a === ROOT_LOGGER) || (a < b ? -1 : 1))
        .map((name) => ({ name, ...state(name) })),
    level: (name) => (isKnown(name, known()) ? state(name) : undefined),
    setLevel: (name, level) => {
      if (level === undefined) configured.delete(name);
      else if (configured.has(name) || configured.size < CONFIGURED_LEVELS_MAX) configured.set(name, level);
      for (const [each, logger] of loggers) logger.rank = RANKS[effective(each)];
    },
  };
}

/** A name is known if it is a logger's, or the parent of one. */
function isKnown(name: string, names: readonly string[]): boolean {
  return names.some((each) => each === name || each.startsWith(`${name}.`));
}

function effectiveLevel(
  name: string,
  configured: ReadonlyMap<string, LogLevel>,
  fallback: LogLevel,
): LogLevel {
  for (let prefix = name; prefix !== ""; prefix = prefix.slice(0, Math.max(0, prefix.lastIndexOf(".")))) {
    const level = configured.get(prefix);
    if (level !== undefined) return level;
  }
  return configured.get(ROOT_LOGGER) ?? fallback;
}

function createLogger(name: string, rank: number, options: LoggerOptions): Logger {
  const format = lineFormat(options.format, options.colors ?? false);
  const log = (level: LogEvent["level"], message: string, fields: LogFields | undefined): void => {
    options.write(format({ at: options.clock.now(), level, logger: name, message, fields }));
  };
  const logger: Logger = {
    rank,
    error: (message, fields) => {
      if (logger.rank >= RANKS.ERROR) log("ERROR", message, fields);
    },
    warn: (message, fields) => {
      if (logger.rank >= RANKS.WARN) log("WARN", message, fields);
    },
    info: (message, fields) => {
      if (logger.rank >= RANKS.INFO) log("INFO", message, fields);
    },
    debug: (message, fields) => {
      if (logger.rank >= RANKS.DEBUG) log("DEBUG", message, fields);
    },
  };
  return logger;
}
