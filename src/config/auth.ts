import * as kinds from "./kinds.ts";
import type { Section } from "./section.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Who may do what. */
export interface AuthConfig {
  /** `none`: anyone who reaches the port may do everything. */
  readonly auth: "none" | "accounts";
  /** Whether the service starts without accounts although the store has users. */
  readonly ignoreUsers: boolean;
  /** After this time without use a session ends. */
  readonly sessionIdleMs: number;
  /** After this time it ends in any case. */
  readonly sessionMaxMs: number;
  /** API token for the acceptance checks. */
  readonly smokeToken: string | undefined;
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
    ignoreUsers: {
      variables: ["TODOS_IGNORE_USERS"],
      flag: "ignore-users",
      kind: kinds.booleanKind,
      fallback: () => false,
      description: "start without accounts even if the store has users, whose data is then open to anyone",
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
    smokeToken: {
      variables: ["TODOS_SMOKE_TOKEN"],
      flag: "smoke-token",
      kind: kinds.tokenKind,
      fallback: () => undefined,
      description: "API token that todos smoke sends to a service with accounts",
      secret: true,
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
  oddities: ({ auth, ignoreUsers }) =>
    auth === "accounts" && ignoreUsers ? ["TODOS_IGNORE_USERS has no effect with TODOS_AUTH=accounts"] : [],
};
