import type { LogLevel } from "../application/ports.ts";
import * as kinds from "./kinds.ts";
import type { Section } from "./section.ts";

/** What is logged, and how. */
export interface LoggingConfig {
  readonly logLevel: LogLevel;
  readonly logFormat: "json" | "pretty";
  readonly accessLog: boolean;
}

export const LOGGING: Section<LoggingConfig> = {
  options: {
    logLevel: {
      variables: ["TODOS_LOG_LEVEL"],
      flag: "log-level",
      kind: kinds.logLevelKind,
      fallback: () => "INFO",
      description: "lowest level to log",
    },
    logFormat: {
      variables: ["TODOS_LOG_FORMAT"],
      flag: "log-format",
      kind: kinds.choiceKind("json", "pretty"),
      fallback: (terminal) => (terminal ? "pretty" : "json"),
      fallbackText: "pretty on a terminal, else json",
      description: "one JSON object per line, or lines for people",
    },
    accessLog: {
      variables: ["TODOS_ACCESS_LOG"],
      flag: "access-log",
      kind: kinds.booleanKind,
      fallback: () => false,
      description:
        "log every request; otherwise only responses of 500 and above, with at most ten of 503 a second and a count of the rest",
    },
  },
};
