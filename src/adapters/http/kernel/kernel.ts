import type { Awaitable } from "../../../application/ports.ts";
import { TodosError } from "../../../domain/errors.ts";
import { Cors } from "./cors.ts";
import { Exchange } from "./exchange.ts";
import { FailureLog } from "./failure-log.ts";
import { settled } from "./finish.ts";
import { type Door, type Gate, gates } from "./gates.ts";
import { Intake } from "./intake.ts";
import type { LinkBase } from "./links.ts";
import { operationOf } from "./operation.ts";
import { problemReply, STATUS_OF } from "./problems.ts";
import type { Reply } from "./reply.ts";
import { Responses } from "./responses.ts";
import type { Operation, Route } from "./route.ts";
import type { Services } from "./services.ts";
import { traceparent } from "./trace.ts";

const UNAVAILABLE = 503;

type Params = Readonly<Record<string, string>>;
type Peer = (request: Request) => string | undefined;

/** Turns a route into a function from Request to Response, which adds what all answers have in common. */
export class Kernel {
  private readonly door: Door;
  private readonly gates: readonly Gate[];
  private closing = false;
  /** Answers of 503, unless every request is logged. */
  private readonly failures: FailureLog;
  private readonly responses = new Responses();

  constructor(
    private readonly services: Services,
    private readonly peer: Peer,
    limits: Door["limits"],
  ) {
    this.failures = new FailureLog(services.accessLog);
    const hasAccounts = services.callers !== undefined;
    this.gates = gates(hasAccounts);
    this.door = { cors: new Cors(services.settings.corsOrigins, hasAccounts), intake: new Intake(), limits };
  }

  /** From now on every answer asks its client to reconnect elsewhere. */
  drain(): void {
    this.closing = true;
  }

  /** No more requests are served: logs the last count. */
  end(): void {
    this.failures.end();
  }

  get requestsInFlight(): number {
    return this.door.intake.requests;
  }

  handler(route: Route): (request: Request, params: Params) => Response | Promise<Response> {
    return (request, params) => this.serve(route, request, params);
  }

  private serve(route: Route, request: Request, params: Params): Response | Promise<Response> {
    const startedAt = performance.now();
    const { services, door } = this;
    const operation = operationOf(route, request.method);
    const peer = () => this.peer(request);
    const exchange = new Exchange(request, params, route, operation, services, door.intake, peer);
    door.intake.requests++;
    services.meter.requestsInFlight(1);
    try {
      const answer = () => settle(exchange, this.answer(exchange, operation));
      const made = this.ofOneMoment(operation, answer);
      if (!(made instanceof Promise)) return this.respond(exchange, made, startedAt);
      return made.then(
        (later) => this.respond(exchange, later, startedAt),
        (error) => this.respond(exchange, this.failed(exchange, error), startedAt),
      );
    } catch (error) {
      return this.respond(exchange, this.failed(exchange, error), startedAt);
    }
  }

  /** With accounts: who the caller is, what it may do and what it gets are as things are at one moment. */
  private ofOneMoment(operation: Operation | undefined, answer: () => Awaitable<Reply>): Awaitable<Reply> {
    const { callers } = this.services;
    if (!callers) return answer();
    return operation?.isRepeatable ? callers.supposing(answer) : callers.together(answer);
  }

  /**
   * Passes the gates from number `from` on, then runs the operation. A gate that need not wait creates no
   * promise.
   */
  private answer(exchange: Exchange, operation: Operation | undefined, from = 0): Awaitable<Reply> {
    for (let at = from; at < this.gates.length; at++) {
      const said = this.gates[at]?.(exchange, this.door);
      if (said instanceof Promise)
        return said.then((reply) => reply ?? this.answer(exchange, operation, at + 1));
      if (said) return said;
    }
    if (!operation) throw new TypeError("a request without an operation passed all gates");
    return operation.handle(exchange);
  }

  private failed(exchange: Exchange, error: unknown): Reply {
    const made = problemReply(error, this.baseFor(exchange), exchange.path);
    if (made.status === 500) {
      const { requestId, trace } = exchange.identity;
      const fields = { path: exchange.loggedPath, requestId, traceId: trace.traceId, error };
      this.services.log.error("request failed", fields);
    }
    if (exchange.bodyUnread) made.headers.connection = "close";
    // RFC 5789, 2.2: after an unsupported PATCH type, the answer lists the supported ones.
    if (made.status === STATUS_OF["unsupported-media-type"] && exchange.method === "PATCH") {
      Object.assign(made.headers, exchange.acceptPatch);
    }
    return made;
  }

  /** A request whose Host is invalid or not ours still gets links, to an address that is ours. */
  private baseFor(exchange: Exchange): LinkBase {
    try {
      return exchange.base;
    } catch (error) {
      if (!(error instanceof TodosError)) throw error;
      return this.services.bases.own();
    }
  }

  private respond(exchange: Exchange, made: Reply, startedAt: number): Response {
    const { method, resource, identity } = exchange;
    const { headers } = made;
    headers["x-request-id"] = identity.requestId;
    headers.traceparent = traceparent(identity.trace);
    headers["server-timing"] = `store;dur=${exchange.storeMs.toFixed(3)}`;
    if (this.closing) headers.connection = "close";
    if (this.services.callers) keepPrivate(headers);
    this.door.cors.decorate(headers, exchange.headers);
    const seconds = (performance.now() - startedAt) / 1_000;
    this.door.intake.requests--;
    this.services.meter.requestsInFlight(-1);
    this.services.meter.requestServed(method, resource.path, made.status, seconds);
    if (this.services.settings.accessLog || made.status >= 500) this.log(exchange, made.status, seconds);
    return this.responses.of(method, made);
  }

  private log({ method, resource, identity }: Exchange, status: number, seconds: number): void {
    const fields = {
      method,
      route: resource.path,
      status,
      ms: round(seconds),
      requestId: identity.requestId,
      traceId: identity.trace.traceId,
    };
    const { accessLog, settings } = this.services;
    if (status < 500) accessLog.info("request answered", fields);
    else if (status === UNAVAILABLE && !settings.accessLog) this.failures.warn("request answered", fields);
    else accessLog.warn("request answered", fields);
  }
}

/** Only safe requests can be conditional on a representation, or get a large one. */
function settle(exchange: Exchange, made: Reply | Promise<Reply>): Reply | Promise<Reply> {
  if (!exchange.isSafe) return made;
  return made instanceof Promise ? made.then((later) => settled(exchange, later)) : settled(exchange, made);
}

/** What one caller gets is not for another's: no cache between them may keep it. */
function keepPrivate(headers: Record<string, string>): void {
  if (headers["cache-control"] === "no-cache") headers["cache-control"] = "private, no-cache";
}

function round(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e3;
}
