import * as kinds from "./kinds.ts";
import type { Section } from "./section.ts";

/** How the service stops. */
export interface DrainingConfig {
  readonly drainDelayMs: number;
  readonly drainTimeoutMs: number;
}

export const DRAINING: Section<DrainingConfig> = {
  options: {
    drainDelayMs: {
      variables: ["TODOS_DRAIN_DELAY_MS"],
      flag: "drain-delay-ms",
      kind: kinds.durationMsKind,
      fallback: () => 0,
      imageDefault: "20000",
      description:
        "how long to keep accepting connections after a stop signal while readiness is OUT_OF_SERVICE",
    },
    drainTimeoutMs: {
      variables: ["TODOS_DRAIN_TIMEOUT_MS"],
      flag: "drain-timeout-ms",
      kind: kinds.durationMsKind,
      fallback: () => 25_000,
      description: "how long requests in progress may take to finish after that",
    },
  },
};
