import type { HttpServer } from "../../adapters/http/app.ts";
import type { Health } from "../../application/health.ts";
import type { Log } from "../../application/ports.ts";

export interface DrainOptions {
  readonly servers: readonly HttpServer[];
  readonly health: Health;
  readonly log: Log;
  /** How long to continue as before while readiness is OUT_OF_SERVICE, ms. */
  readonly delayMs: number;
  /** How long requests in flight may take after that, ms. */
  readonly timeoutMs: number;
  /** Called with the number of requests still in progress, if any. */
  onWait(requests: number): void;
}

/**
 * Takes a serving process out of service without failing a request: readiness first, then, once callers have had time
 * to notice, no new connections, and an answer for everything in flight.
 * @returns whether every request was answered in time
 */
export async function drain(options: DrainOptions): Promise<boolean> {
  const { servers, health, log } = options;
  log.info("stopping: readiness is OUT_OF_SERVICE", { delayMs: options.delayMs });
  health.drain();
  for (const server of servers) server.drain();
  if (options.delayMs > 0) await Bun.sleep(options.delayMs);
  const finished = Promise.all(servers.map((server) => server.stop())).then(() => true);
  const requests = inFlight(servers);
  if (requests > 0) options.onWait(requests);
  const inTime = await Promise.race([finished, Bun.sleep(options.timeoutMs).then(() => false)]);
  if (!inTime) {
    log.warn("stopping: requests were cut off after the drain timeout", {
      requests: inFlight(servers),
      timeoutMs: options.timeoutMs,
    });
    await Promise.all(servers.map((server) => server.abort()));
  }
  return inTime;
}

function inFlight(servers: readonly HttpServer[]): number {
  return servers.reduce((sum, server) => sum + server.requestsInFlight, 0);
}
