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
        "how long to go on taking connections after a stop signal, while readiness says OUT_OF_SERVICE",
    },
    drainTimeoutMs: {
      variables: ["TODOS_DRAIN_TIMEOUT_MS"],
      flag: "drain-timeout-ms",
      kind: kinds.durationMsKind,
      fallback: () => 25_000,
      description: "how long requests in flight may take to finish after that",
    },
  },
};
