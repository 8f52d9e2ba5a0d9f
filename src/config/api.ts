import { TRASH_DAYS_DEFAULT } from "../domain/trash.ts";
import * as kinds from "./kinds.ts";
import type { Section } from "./section.ts";

/** What clients see. */
export interface ApiConfig {
  /** Absolute URL without a slash at its end. */
  readonly publicUrl: string | undefined;
  /** CIDR ranges, as `10.0.0.0/8` and `::1/128`; bits beyond the prefix may be set. */
  readonly trustedProxies: readonly string[];
  /** The family of headers that is accepted from those proxies. */
  readonly forwardedHeaders: "x-forwarded" | "forwarded";
  /** Names and addresses without ports, `*.` with a name for all below it, or `*`; loopback names are always included. */
  readonly allowedHosts: readonly string[];
  /** Origins as browsers send them, or the one entry `*`. */
  readonly corsOrigins: readonly string[];
  readonly requireIfMatch: boolean;
  readonly readOnly: boolean;
  /** How long what is deleted can be restored; 0: not at all. */
  readonly trashDays: number;
  /** When it was deployed, as in RFC 3339. */
  readonly deployedAt: string | undefined;
  readonly healthDetails: "never" | "always";
  /** Whether the actuator on the service's own port is writable; on the management port it always is. */
  readonly actuatorWrites: boolean;
  /** Whether event streams report changes made by other instances on the same Cassandra. */
  readonly sharedEvents: boolean;
}

export const API: Section<ApiConfig> = {
  options: {
    publicUrl: {
      variables: ["TODOS_PUBLIC_URL"],
      flag: "public-url",
      kind: kinds.publicUrlKind,
      fallback: () => undefined,
      description: "start of every link, if clients reach the service at another address",
    },
    trustedProxies: {
      variables: ["TODOS_TRUSTED_PROXIES"],
      flag: "trusted-proxies",
      kind: kinds.networksKind,
      fallback: () => [],
      description: "addresses and ranges of proxies that are trusted for scheme and host",
    },
    forwardedHeaders: {
      variables: ["TODOS_FORWARDED_HEADERS"],
      flag: "forwarded-headers",
      kind: kinds.choiceKind("x-forwarded", "forwarded"),
      fallback: () => "x-forwarded",
      description:
        "headers that those proxies set: the X-Forwarded-* family, or Forwarded (RFC 7239); the others are ignored",
    },
    allowedHosts: {
      variables: ["TODOS_ALLOWED_HOSTS"],
      flag: "allowed-hosts",
      kind: kinds.allowedHostsKind,
      fallback: () => [],
      fallbackText: "on a loopback address loopback names and the public URL's host; else any",
      description:
        "Host names to answer in addition to loopback names and the public URL's, without ports; *.todos.example for all below a name, * for any; 421 for others",
    },
    corsOrigins: {
      variables: ["TODOS_CORS_ORIGINS"],
      flag: "cors-origins",
      kind: kinds.originsKind,
      fallback: () => [],
      description: "origins whose pages may call the API, or *",
    },
    requireIfMatch: {
      variables: ["TODOS_REQUIRE_IF_MATCH"],
      flag: "require-if-match",
      kind: kinds.booleanKind,
      fallback: () => false,
      description: "answer 428 to PUT, PATCH and DELETE without If-Match",
    },
    readOnly: {
      variables: ["TODOS_READ_ONLY"],
      flag: "read-only",
      kind: kinds.booleanKind,
      fallback: () => false,
      description: "answer 503 to writes",
    },
    trashDays: {
      variables: ["TODOS_TRASH_DAYS"],
      flag: "trash-days",
      kind: kinds.trashDaysKind,
      fallback: () => TRASH_DAYS_DEFAULT,
      description: "days during which deleted checklists and tasks can be restored; 0 deletes them at once",
    },
    deployedAt: {
      variables: ["TODOS_DEPLOYED_AT"],
      flag: "deployed-at",
      kind: kinds.timeKind,
      fallback: () => undefined,
      description: "time of the last deploy, shown in /actuator/info and on /status; todos deploy sets it",
    },
    healthDetails: {
      variables: ["TODOS_HEALTH_DETAILS"],
      flag: "health-details",
      kind: kinds.choiceKind("never", "always"),
      fallback: () => "never",
      description: "show the components and their details in /actuator/health",
    },
    actuatorWrites: {
      variables: ["TODOS_ACTUATOR_WRITES"],
      flag: "actuator-writes",
      kind: kinds.booleanKind,
      fallback: () => false,
      description:
        "let anyone who reaches the service's own port set log levels there; on the management port that is always possible",
    },
    sharedEvents: {
      variables: ["TODOS_SHARED_EVENTS"],
      flag: "shared-events",
      kind: kinds.booleanKind,
      fallback: () => true,
      description:
        "on Cassandra, /events reports changes made through any instance, for two more small writes per change; false: only this instance's",
    },
  },
};
