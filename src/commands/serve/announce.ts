import type { HttpServer } from "../../adapters/http/app.ts";
import type { Log } from "../../application/ports.ts";
import { BUILD_INFO } from "../../build-info.ts";
import type { Context } from "../support/command.ts";

/**
 * Says where to look: for a person as a few lines, for a machine as one event.
 * @param servers the service's own port, then the actuator's where it has one
 * @param store kind and place
 */
export function announce(context: Context, log: Log, servers: readonly HttpServer[], store: string): void {
  const [url, managementUrl] = servers.map((server) => server.origin);
  const readyMs = Math.round(performance.now());
  const next = `${url}/docs`;
  if (context.config.logFormat === "json") {
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
  context.stdout.write(`${lines.join("\n")}\n`);
}
