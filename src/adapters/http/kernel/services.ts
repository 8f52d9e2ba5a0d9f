import type { Accounts } from "../../../application/accounts/accounts.ts";
import type { ProxyVoucher } from "../../../application/accounts/ports.ts";
import type { Health } from "../../../application/health.ts";
import type { ChangeFeed, Log, Loggers, Meter, MetricsReader } from "../../../application/ports.ts";
import type { CallersOfRequests } from "../../../application/remembered-callers.ts";
import type { UseCases } from "../../../application/use-cases.ts";
import type { Proxies } from "./forwarded.ts";
import type { Hosts } from "./hosts.ts";
import type { LinkBases } from "./links.ts";

/** How much of the actuator the service's own port has in addition to health, and whether it can be changed there. */
export type Management = "none" | "read-only" | "writable";

/** The part of the configuration that the HTTP adapter uses. */
export interface HttpSettings {
  readonly requireIfMatch: boolean;
  readonly readOnly: boolean;
  readonly healthDetails: boolean;
  readonly accessLog: boolean;
  /** Origins that may call from a browser; `*` lets all. */
  readonly corsOrigins: readonly string[];
  readonly management: Management;
}

/** What `/actuator/info` tells, already shaped; and the bill of materials. */
export interface Facts {
  readonly version: string;
  readonly info: Readonly<Record<string, unknown>>;
  /** CycloneDX JSON. */
  readonly sbom: () => Promise<string>;
  /** What `todos doctor` would say. */
  readonly findings: () => Promise<readonly Finding[]>;
}

/** The result of one check of the host. */
interface Finding {
  readonly check: string;
  readonly result: "ok" | "warn" | "fail";
  readonly message: string;
  readonly advice?: string;
}

/** Everything that handlers work with. */
export interface Services extends UseCases {
  /** Absent without accounts: everyone may do everything. */
  readonly callers?: CallersOfRequests | undefined;
  /** Absent where anyone may do everything. Loaded before any route of theirs runs: a start should not wait for it. */
  readonly accounts?: { readonly loaded: Accounts } | undefined;
  /** Absent where no proxy says who is signed in. */
  readonly voucher?: ProxyVoucher | undefined;
  readonly feed: ChangeFeed;
  readonly health: Health;
  readonly loggers: Loggers;
  readonly log: Log;
  readonly accessLog: Log;
  readonly meter: Meter;
  readonly metrics: MetricsReader;
  readonly bases: LinkBases;
  readonly hosts: Hosts;
  /** Absent where none is trusted. */
  readonly proxies: Proxies | undefined;
  readonly epoch: string;
  readonly settings: HttpSettings;
  readonly facts: Facts;
  /** Lets a connection be silent for as long as it likes. */
  readonly keepOpen: (request: Request) => void;
}
