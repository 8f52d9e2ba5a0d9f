import { readFileSync } from "node:fs";
import {
  type HttpServer,
  type ListeningPort,
  type ListenOptions,
  type LoadRoutes,
  serveApi,
  serveManagement,
} from "../../adapters/http/app.ts";
import { Proxies } from "../../adapters/http/kernel/forwarded.ts";
import { Hosts } from "../../adapters/http/kernel/hosts.ts";
import { LinkBases } from "../../adapters/http/kernel/links.ts";
import type { Services } from "../../adapters/http/kernel/services.ts";
import type { Config } from "../../config.ts";
import { hostNameOf, isLoopbackName } from "../../lib/hosts.ts";
import { reasonOf } from "../../lib/reason.ts";
import { loadApi } from "../../resources.ts";
import { CommandError } from "../support/command.ts";
import { listenProblem } from "../support/listening.ts";
import { managementOf } from "../support/management.ts";
import { proxyTrust } from "./proxy-trust.ts";

/** The services without the parts that need a port. */
export type Shared = Omit<Services, "bases" | "hosts" | "proxies" | "keepOpen">;

/**
 * Opens the service's port, and the management port if there is one.
 * @param loadMore routes that are only there with accounts
 * @throws CommandError
 */
export async function listen(
  config: Config,
  shared: Shared,
  loadMore?: LoadRoutes,
): Promise<readonly HttpServer[]> {
  const trusts = await proxyTrust(config.trustedProxies);
  const proxies = trusts && new Proxies(trusts, config.forwardedHeaders);
  const tls = tlsOf(config);
  const servicesFor = (server: ListeningPort): Services => ({
    ...shared,
    // A getter: a copy would be the value of a store that is not open yet.
    get epoch() {
      return shared.epoch;
    },
    bases: new LinkBases({
      epoch: () => shared.epoch,
      publicUrl: config.publicUrl,
      namesInbox: config.auth === "accounts",
      fallback: () => server.origin(),
    }),
    hosts: new Hosts({
      allowed: config.allowedHosts,
      loopback: isLoopbackName(hostNameOf(server.address)),
      publicUrl: config.publicUrl,
    }),
    proxies,
    keepOpen: (request) => server.keepOpen(request),
  });
  const at = (port: number): ListenOptions => ({ hostname: config.host, port, tls });
  const { host, port, managementPort } = config;
  const api = opened(host, port, "TODOS_PORT", () =>
    serveApi(servicesFor, at(port), loadApi, managementOf(config), loadMore),
  );
  if (managementPort === undefined) return [api];
  return [
    api,
    opened(host, managementPort, "TODOS_MANAGEMENT_PORT", () =>
      serveManagement(servicesFor, at(managementPort)),
    ),
  ];
}

/** Tries the ports before creating anything that would remain if one is in use. @throws CommandError */
export function tryPorts({ host, port, managementPort }: Config): void {
  const ports = [
    ["TODOS_PORT", port],
    ["TODOS_MANAGEMENT_PORT", managementPort],
  ] as const;
  for (const [variable, wanted] of ports) {
    if (wanted === undefined) continue;
    const open = () => Bun.listen({ hostname: host, port: wanted, socket: { data: () => undefined } });
    opened(host, wanted, variable, open).stop(true);
  }
}

function opened<T>(host: string, port: number, variable: string, open: () => T): T {
  try {
    return open();
  } catch (cause) {
    throw listenError(host, port, variable, cause);
  }
}

function listenError(host: string, port: number, variable: string, cause: unknown): CommandError {
  const why = reasonOf(cause);
  if (why.includes("OPENSSL_internal")) {
    return new CommandError(
      `the certificate or its key cannot be used: ${why}`,
      "TODOS_TLS_CERT and TODOS_TLS_KEY must name PEM files that belong together; todos doctor looks at them",
      { cause },
    );
  }
  const { message, advice } = listenProblem(host, port, variable, cause);
  return new CommandError(message, advice, { cause });
}

function tlsOf({ tlsCert, tlsKey }: Config): ListenOptions["tls"] {
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  return { cert: pem(tlsCert, "TODOS_TLS_CERT"), key: pem(tlsKey, "TODOS_TLS_KEY") };
}

function pem(path: string, variable: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new CommandError(
      `can't read ${path}: ${reasonOf(cause)}`,
      `set ${variable} to a readable PEM file`,
      {
        cause,
      },
    );
  }
}
