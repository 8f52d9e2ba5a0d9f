import type { HttpServer } from "../../adapters/http/app.ts";
import type { Log } from "../../application/ports.ts";
import { BUILD_INFO } from "../../build-info.ts";
import { counted } from "../../lib/words.ts";

const SECOND_MS = 1_000;

export interface Announcement {
  readonly log: Log;
  /** Where lines of the log go. */
  write(text: string): void;
  /** The service's own port, then the actuator's if it has one. */
  readonly servers: readonly HttpServer[];
  /** Kind and place. */
  readonly store: string;
  /** Whether the log is for machines. */
  readonly isJson: boolean;
}

/** Says where to look: for a person as a few lines, for a machine as one event. */
export function announce({ log, write, servers, store, isJson }: Announcement): void {
  const [url, managementUrl] = servers.map((server) => server.origin);
  const readyMs = Math.round(performance.now());
  const next = `${url}/`;
  if (isJson) {
    log.info("ready", { url, ...(managementUrl ? { managementUrl } : {}), store, readyMs, next });
    return;
  }
  const lines = [
    `todos ${BUILD_INFO.version}, ready after ${readyMs} ms`,
    `  address  ${url}`,
    ...(managementUrl === undefined ? [] : [`  actuator ${managementUrl}/actuator`]),
    `  store    ${store}`,
    `  next     open ${next}, or stop with Ctrl-C`,
  ];
  write(`${lines.join("\n")}\n`);
}

/** Says what the end waits for. @param timeoutMs how long that may take */
export function announceWait(
  { log, write, isJson }: Pick<Announcement, "log" | "write" | "isJson">,
  requests: number,
  timeoutMs: number,
): void {
  if (isJson) {
    log.info("stopping: waiting for requests", { requests, timeoutMs });
    return;
  }
  const most = `${timeoutMs / SECOND_MS} s`;
  write(`Waiting for ${counted(requests, "request")}, up to ${most}; press Ctrl-C again to stop now\n`);
}
