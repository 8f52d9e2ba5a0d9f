import { healthRoutes, managementRoot, managementRoutes } from "./actuator/routes.ts";
import { EventStreams } from "./api/events.ts";
import type { ApiResource, LoadResources } from "./api/resource.ts";
import { rootRoute } from "./api/root.ts";
import { docsRoutes } from "./docs/docs.ts";
import { problemRoutes } from "./docs/problem-pages.ts";
import { routedLater } from "./kernel/early.ts";
import { Kernel } from "./kernel/kernel.ts";
import type { Route } from "./kernel/route.ts";
import type { Management, Services } from "./kernel/services.ts";
import { pageRoutes } from "./page/routes.ts";

/** For TLS 1.2: only forward secrecy and authenticated encryption, which all of TLS 1.3 has. */
const TLS_12_CIPHERS = ["ECDSA", "RSA"]
  .flatMap((signature) =>
    ["AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"].map(
      (aead) => `ECDHE-${signature}-${aead}`,
    ),
  )
  .join(":");

/** Silence after which an idle connection is closed, s. Above the 60 s of common load balancers. */
const IDLE_TIMEOUT_S = 75;

export interface ListenOptions {
  readonly hostname: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** PEM texts. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
}

/** One listening port of the service. */
export interface HttpServer {
  /** Scheme, host and port, as in `http://127.0.0.1:8181`. */
  readonly origin: string;
  /** IP address that it listens on; empty if it has none. */
  readonly address: string;
  readonly requestsInFlight: number;
  /** Asks clients to reconnect elsewhere, without refusing any yet. */
  drain(): void;
  /** Ends event streams and accepts no new connection; resolves when all requests in flight are answered. */
  stop(): Promise<void>;
  /** Cuts everything that is still open. */
  abort(): Promise<void>;
}

export function apiRoutes(resources: readonly ApiResource[], events: EventStreams): readonly Route[] {
  return [
    rootRoute(resources),
    ...resources.flatMap(({ routes }) => routes),
    events.route(),
    ...docsRoutes(resources),
    ...pageRoutes,
    ...problemRoutes,
  ];
}

/**
 * The service's own port.
 * @param loadResources called by the first request that needs more than health
 * @param management the parts of the actuator on it, in addition to health
 * @param loadMore routes that are only there with accounts
 */
export function serveApi(
  makeServices: ServicesFor,
  options: ListenOptions,
  loadResources: LoadResources,
  management: Management,
  loadMore?: LoadRoutes,
): HttpServer {
  const events = new EventStreams();
  const actuator = [
    ...healthRoutes,
    ...(management === "none" ? [] : managementRoutes({ writable: management === "writable", own: false })),
  ];
  const load = async () => [...apiRoutes(await loadResources(), events), ...((await loadMore?.()) ?? [])];
  return listen(makeServices, options, { actuator, load }, events);
}

/** Called by the first request that needs more than health. */
export type LoadRoutes = () => Promise<readonly Route[]>;

/** The actuator on its own port. */
export function serveManagement(makeServices: ServicesFor, options: ListenOptions): HttpServer {
  const actuator = [...healthRoutes, ...managementRoutes({ writable: true, own: true })];
  return listen(makeServices, options, { actuator, load: async () => [managementRoot, ...pageRoutes] });
}

export type ServicesFor = (port: ListeningPort) => Services;

/** Facts about a port once it listens. */
export interface ListeningPort {
  /** IP address; empty if there is none. */
  readonly address: string;
  origin(): string;
  keepOpen(request: Request): void;
}

/** Of one port. */
interface Routes {
  readonly actuator: readonly Route[];
  /** The others. */
  readonly load: () => Promise<readonly Route[]>;
}

function listen(
  makeServices: ServicesFor,
  options: ListenOptions,
  { actuator, load }: Routes,
  events?: EventStreams,
): HttpServer {
  const secure = options.tls !== undefined;
  const server: Server = Bun.serve({
    hostname: options.hostname,
    port: options.port,
    reusePort: false,
    development: false,
    idleTimeout: IDLE_TIMEOUT_S,
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    ...(options.tls ? { tls: { ...options.tls, ciphers: TLS_12_CIPHERS } } : {}),
    fetch: (request) =>
      route(isRoutable(request.url, secure) ? request : withOrigin(request, originOf(server, secure))),
  });
  const services = makeServices({
    address: addressOf(server),
    origin: () => originOf(server, secure),
    keepOpen: (request) => server.timeout(request, 0),
  });
  const origin = originOf(server, secure);
  const kernel = new Kernel(services, (request) => server.requestIP(request)?.address, {
    ...(events ? { stream: (x) => events.limit(x) } : {}),
  });
  const route = routedLater(kernel, actuator, async () => {
    const [{ createRouter }, routes] = await Promise.all([import("./kernel/router.ts"), load()]);
    return createRouter(kernel, [...routes, ...actuator], services.log, secure);
  });
  return {
    origin,
    address: addressOf(server),
    get requestsInFlight() {
      return kernel.requestsInFlight;
    },
    drain: () => kernel.drain(),
    async stop() {
      events?.close();
      await server.stop(false);
      kernel.end();
    },
    abort: () => server.stop(true),
  };
}

type Server = ReturnType<typeof Bun.serve>;

/**
 * The same as `server.url.origin`, without creating the process's first URL, which takes a millisecond of the
 * start.
 */
function originOf({ hostname = "", port = 0 }: Server, secure: boolean): string {
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  const ofScheme = port === (secure ? HTTPS_PORT : HTTP_PORT);
  return `${secure ? "https" : "http"}://${host}${ofScheme ? "" : `:${port}`}`;
}

/** The IP address it listens on, which Bun's types don't know. */
function addressOf(server: Server): string {
  const found: unknown = Reflect.get(server, "address");
  const isKnown = typeof found === "object" && found !== null && "address" in found;
  return isKnown ? String(found.address) : "";
}

/** Left out of an origin (RFC 6454). */
const HTTP_PORT = 80;
const HTTPS_PORT = 443;

/** Where the router starts to look for the path of an https URL. */
const SECURE_PATH_AT_MIN = 11;

/** For a request without a valid Host, Bun leaves the origin out of the URL, but a router needs it. */
function isRoutable(url: string, secure: boolean): boolean {
  return !url.startsWith("/") && !(secure && url.indexOf("/", "https://".length) < SECURE_PATH_AT_MIN);
}

function withOrigin(request: Request, origin: string): Request {
  const { url } = request;
  const path = url.startsWith("/") ? url : url.slice(url.indexOf("/", "https://".length));
  return new Request(origin + path, request);
}
