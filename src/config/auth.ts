import * as kinds from "./kinds.ts";
import type { Section } from "./section.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Who may do what. */
export interface AuthConfig {
  /** `none`: anyone who reaches the port may do everything. */
  readonly auth: "none" | "accounts";
  /** After this time without use a session ends. */
  readonly sessionIdleMs: number;
  /** After this time it ends in any case. */
  readonly sessionMaxMs: number;
}

export const AUTH: Section<AuthConfig> = {
  options: {
    auth: {
      variables: ["TODOS_AUTH"],
      flag: "auth",
      kind: kinds.choiceKind("none", "accounts"),
      fallback: () => "none",
      description: "who may do what: with none, anyone who reaches the port may do everything",
    },
    sessionIdleMs: {
      variables: ["TODOS_SESSION_IDLE"],
      flag: "session-idle",
      kind: kinds.spanMsKind,
      fallback: () => 30 * DAY_MS,
      description: "time without use after which a session ends",
    },
    sessionMaxMs: {
      variables: ["TODOS_SESSION_MAX"],
      flag: "session-max",
      kind: kinds.spanMsKind,
      fallback: () => 90 * DAY_MS,
      description: "time after which a session ends even if it is used",
    },
  },
  inForce: ({ sessionIdleMs, sessionMaxMs }) => ({ sessionIdleMs: Math.min(sessionIdleMs, sessionMaxMs) }),
  contradictions: ({ sessionIdleMs, sessionMaxMs }, { by }) => {
    if (sessionIdleMs <= sessionMaxMs || by.get("sessionIdleMs") === undefined) return [];
    const shown = (ms: number): string => kinds.spanMsKind.show?.(ms) ?? String(ms);
    return [
      `TODOS_SESSION_IDLE is ${shown(sessionIdleMs)} and TODOS_SESSION_MAX ${shown(sessionMaxMs)}; a session can't be unused for longer than it lasts`,
    ];
  },
};
