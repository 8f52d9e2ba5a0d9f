import { TodosError } from "../../domain/errors.ts";
import { Cors } from "./cors.ts";
import { Exchange } from "./exchange.ts";
import { FailureLog } from "./failure-log.ts";
import { settled } from "./finish.ts";
import { Intake } from "./intake.ts";
import type { LinkBase } from "./links.ts";
import { problemReply, STATUS_OF } from "./problems.ts";
import { parseQuery } from "./query.ts";
import { type Reply, reply } from "./reply.ts";
import { METHODS, type Method, type Operation, type Route } from "./route.ts";
import type { Services } from "./services.ts";
import { identify, traceparent } from "./trace.ts";

const UNAVAILABLE = 503;

type Params = Readonly<Record<string, string>>;
type Peer = (request: Request) => string | undefined;

/** Turns a route into a function from Request to Response, with everything that all answers have in common. */
export class Kernel {
  private readonly cors: Cors;
  private readonly intake = new Intake();
  private closing = false;
  /** Answers of 503, where nobody asked for a line of every request. */
  private readonly failures: FailureLog;

  constructor(
    private readonly services: Services,
    private readonly peer: Peer,
  ) {
    this.failures = new FailureLog(services.accessLog);
    this.cors = new Cors(services.settings.corsOrigins);
  }

  /** From now on every answer asks its client to connect anew, elsewhere. */
  drain(): void {
    this.closing = true;
  }

  /** No request is served any more: what was not told yet is. */
  end(): void {
    this.failures.end();
  }

  get requestsInFlight(): number {
    return this.intake.requests;
  }

  handler(route: Route): (request: Request, params: Params) => Response | Promise<Response> {
    const allow = allowed(route);
    return (request, params) => this.serve(route, allow, request, params);
  }

  private serve(route: Route, allow: string, request: Request, params: Params): Response | Promise<Response> {
    const startedAt = performance.now();
    const exchange = new Exchange(request, params, this.services, this.intake, () => this.peer(request));
    this.intake.requests++;
    this.services.meter.requestsInFlight(1);
    try {
      const made = settle(exchange, this.answer(route, allow, exchange));
      if (!(made instanceof Promise)) return this.respond(route, exchange, made, startedAt);
      return made.then(
        (later) => this.respond(route, exchange, later, startedAt),
        (error) => this.respond(route, exchange, this.failed(route, exchange, error), startedAt),
      );
    } catch (error) {
      return this.respond(route, exchange, this.failed(route, exchange, error), startedAt);
    }
  }

  private answer(route: Route, allow: string, exchange: Exchange): Reply | Promise<Reply> {
    const { method } = exchange.request;
    exchange.checkHost();
    if (!route.vital) this.intake.admit();
    const operation = operationFor(route, method);
    if (!operation) return this.withoutOperation(route, allow, exchange);
    if (operation.offers) exchange.mediaType = exchange.accepts(operation.offers);
    if (operation.query) exchange.query = parseQuery(exchange.search, operation.query);
    if (operation.writes && this.services.settings.readOnly) throw readOnly();
    return operation.handle(exchange);
  }

  private withoutOperation(route: Route, allow: string, exchange: Exchange): Reply {
    if (allow === "") throw new TodosError("not-found", "There is nothing at this address.");
    const headers = { allow, ...acceptPatch(route) };
    if (exchange.request.method === "OPTIONS") {
      return reply(204, { ...headers, ...this.cors.preflight(exchange.headers, allow) });
    }
    const error = new TodosError(
      "method-not-allowed",
      `${exchange.request.method} is not possible here; ${allow} are.`,
    );
    const problem = problemReply(error, exchange.base, exchange.path);
    return { ...problem, headers: { ...problem.headers, ...headers } };
  }

  private failed(route: Route, exchange: Exchange, error: unknown): Reply {
    const made = problemReply(error, this.baseFor(exchange), exchange.path);
    if (made.status === 500) this.services.log.error("request failed", { path: exchange.path, error });
    if (exchange.bodyUnread) made.headers.connection = "close";
    // RFC 5789, 2.2: who patches in the wrong language is told the right ones.
    if (made.status === STATUS_OF["unsupported-media-type"] && exchange.request.method === "PATCH") {
      Object.assign(made.headers, acceptPatch(route));
    }
    return made;
  }

  /** A request whose very host is broken or not ours still gets links, to an address that is. */
  private baseFor(exchange: Exchange): LinkBase {
    try {
      return exchange.base;
    } catch (error) {
      if (!(error instanceof TodosError)) throw error;
      return this.services.bases.own();
    }
  }

  private respond(route: Route, exchange: Exchange, made: Reply, startedAt: number): Response {
    const { request } = exchange;
    const { headers } = made;
    const { trace, requestId: id } = identify(exchange.headers);
    headers["x-content-type-options"] = "nosniff";
    // No page elsewhere may load an answer as an image or a script; reading one is CORS's business.
    headers["cross-origin-resource-policy"] = "same-origin";
    headers["x-request-id"] = id;
    headers.traceparent = traceparent(trace);
    headers["server-timing"] = `store;dur=${exchange.storeMs.toFixed(3)}`;
    if (this.closing) headers.connection = "close";
    this.cors.decorate(headers, exchange.headers);
    const seconds = (performance.now() - startedAt) / 1_000;
    this.intake.requests--;
    this.services.meter.requestsInFlight(-1);
    this.services.meter.requestServed(request.method, route.path, made.status, seconds);
    if (this.services.settings.accessLog || made.status >= 500)
      this.log(route, exchange, made.status, seconds, id, trace.traceId);
    return toResponse(request.method, made);
  }

  private log(
    route: Route,
    exchange: Exchange,
    status: number,
    seconds: number,
    id: string,
    traceId: string,
  ): void {
    const fields = {
      method: exchange.request.method,
      route: route.path,
      status,
      ms: round(seconds),
      requestId: id,
      traceId,
    };
    const { accessLog, settings } = this.services;
    if (status < 500) accessLog.info("request answered", fields);
    else if (status === UNAVAILABLE && !settings.accessLog) this.failures.warn("request answered", fields);
    else accessLog.warn("request answered", fields);
  }
}

/** Only what is safe can be conditional on a representation or large. */
function settle(exchange: Exchange, made: Reply | Promise<Reply>): Reply | Promise<Reply> {
  const { method } = exchange.request;
  if (method !== "GET" && method !== "HEAD") return made;
  return made instanceof Promise ? made.then((later) => settled(exchange, later)) : settled(exchange, made);
}

function operationFor(route: Route, method: string): Operation | undefined {
  if (method === "HEAD") return route.methods.GET;
  return METHODS.includes(method as Method) ? route.methods[method as Method] : undefined;
}

/** The Allow header's value; empty for a route without operations, which stands for "nothing here". */
function allowed(route: Route): string {
  const methods = METHODS.filter((method) => route.methods[method]).flatMap((method) =>
    method === "GET" ? ["GET", "HEAD"] : [method],
  );
  return methods.length === 0 ? "" : [...methods, "OPTIONS"].join(", ");
}

function acceptPatch({ acceptPatch }: Route): Record<string, string> {
  return acceptPatch ? { "accept-patch": acceptPatch.join(", ") } : {};
}

function toResponse(method: string, { status, headers, body }: Reply): Response {
  if (method !== "HEAD" || body === null) return new Response(body, { status, headers });
  if (body instanceof ReadableStream) void body.cancel();
  else headers["content-length"] = String(Buffer.byteLength(body));
  return new Response(null, { status, headers });
}

function round(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e3;
}

function readOnly(): TodosError {
  return new TodosError("read-only", "This service is read-only at the moment (TODOS_READ_ONLY).", {
    retryAfterS: 30,
  });
}
