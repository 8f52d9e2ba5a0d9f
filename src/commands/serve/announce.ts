import type { HttpServer } from "../../adapters/http/app.ts";
import type { Log } from "../../application/ports.ts";
import { BUILD_INFO } from "../../build-info.ts";

export interface Announcement {
  readonly log: Log;
  /** Where lines of the log go. */
  write(text: string): void;
  /** The service's own port, then the actuator's where it has one. */
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
  const next = `${url}/docs`;
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
