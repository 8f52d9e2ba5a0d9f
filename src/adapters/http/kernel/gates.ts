import type { Caller } from "../../../application/caller.ts";
import type { Awaitable } from "../../../application/ports.ts";
import { TodosError } from "../../../domain/errors.ts";
import type { Cors } from "./cors.ts";
import type { Exchange } from "./exchange.ts";
import type { Intake } from "./intake.ts";
import { allowedMethods, type RateClass } from "./operation.ts";
import { foreignPage, isOwnPage } from "./origins.ts";
import { problemReply } from "./problems.ts";
import { parseQuery } from "./query.ts";
import { type Reply, reply } from "./reply.ts";

/** A limit of one class of requests. @throws TodosError too-many-requests, overloaded */
export type Limit = (x: Exchange) => void;

/** What the gates of one port need. */
export interface Door {
  readonly cors: Cors;
  readonly intake: Intake;
  readonly limits: Readonly<Partial<Record<RateClass, Limit>>>;
}

/**
 * One step before a request's operation runs: it lets the request through or answers it.
 * @throws TodosError, which is the answer
 */
export type Gate = (x: Exchange, door: Door) => Awaitable<Reply | undefined>;

/**
 * Every request passes these in order. From the first on it has an identity, for the log and the answer.
 * @param hasAccounts without, anyone who can reach the port may do everything, and no gate asks who it is
 */
export function gates(hasAccounts: boolean): readonly Gate[] {
  return [
    checkHost,
    checkLoad,
    ...(hasAccounts ? [authenticate, checkPage] : []),
    checkRate,
    checkMethod,
    chooseRepresentation,
    readQuery,
    ...(hasAccounts ? [authorize] : []),
    refuseWrites,
  ];
}

function checkHost(x: Exchange): undefined {
  x.checkHost();
}

function checkLoad({ operation }: Exchange, { intake }: Door): undefined {
  if (operation?.rate !== "vital") intake.admit();
}

/** What is open to everyone does not need the store. */
function authenticate(x: Exchange): Awaitable<undefined> {
  const { operation, services } = x;
  if (!operation || operation.right === "open" || !services.callers || isForEveryone(x)) return undefined;
  const found = services.callers.resolve(x.credentials);
  if (found instanceof Promise) return found.then((caller) => identified(x, caller));
  return identified(x, found);
}

function isForEveryone({ operation, headers }: Exchange): boolean {
  const { openAs, offers } = operation ?? {};
  return openAs !== undefined && offers?.choose(headers.get("accept")) === openAs;
}

function identified(x: Exchange, caller: Caller): undefined {
  x.caller = caller;
}

/**
 * A browser sends its cookie along with what any page asks of it, and so does a proxy what it knows. What changes
 * something must come from a page of ours; signing in, too, so that no other page signs somebody in as somebody else.
 * @throws TodosError forbidden
 */
function checkPage(x: Exchange): undefined {
  const { operation } = x;
  if (!operation || x.isSafe) return;
  const { headers, credentials } = x;
  const own = isOwnPage(headers, x.base);
  const { session, vouched } = credentials;
  const isOpen = operation.right !== "sign-in" && vouched === undefined;
  const isFine = session === undefined ? own !== false || isOpen : own;
  if (!isFine) throw foreignPage();
}

/** @throws TodosError unauthenticated, not-found, forbidden */
function authorize(x: Exchange): Awaitable<undefined> {
  return x.authorize();
}

function checkRate(x: Exchange, { limits }: Door): undefined {
  if (x.operation) limits[x.operation.rate]?.(x);
}

function checkMethod(x: Exchange, { cors }: Door): Reply | undefined {
  if (x.operation) return undefined;
  const { method } = x.request;
  const allow = allowedMethods(x.resource);
  if (allow === "") throw new TodosError("not-found", "No such resource.");
  const headers = { allow, ...x.acceptPatch };
  if (method === "OPTIONS") return reply(204, { ...headers, ...cors.preflight(x.headers, allow) });
  const error = new TodosError("method-not-allowed", `${method} is not allowed here. Allowed: ${allow}.`);
  const problem = problemReply(error, x.base, x.path);
  return { ...problem, headers: { ...problem.headers, ...headers } };
}

function chooseRepresentation(x: Exchange): undefined {
  if (x.operation?.offers) x.mediaType = x.accepts(x.operation.offers);
}

function readQuery(x: Exchange): undefined {
  if (x.operation?.query) x.query = parseQuery(x.search, x.operation.query);
}

function refuseWrites({ operation, services }: Exchange): undefined {
  if (operation?.rate !== "write" || !services.settings.readOnly) return;
  throw new TodosError("read-only", "The service is read-only for now (TODOS_READ_ONLY).", {
    retryAfterS: READ_ONLY_RETRY_S,
  });
}

const READ_ONLY_RETRY_S = 30;
