import type { Access } from "../../application/caller.ts";
import type { Awaitable } from "../../application/ports.ts";
import type { Exchange } from "./exchange.ts";
import type { Offers } from "./media.ts";
import type { Reply } from "./reply.ts";

export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
export type Method = (typeof METHODS)[number];

/** Which limits a request counts against. */
export type RateClass =
  /** None: it is answered even when the service is overloaded. */
  | "vital"
  | "read"
  | "write"
  /** Stays open for as long as the client likes. */
  | "stream";

/** One method of one resource. */
export interface Operation {
  readonly access: Access;
  readonly rate: RateClass;
  /** Representations it can answer with; absent where an answer has none (204). */
  readonly offers?: Offers;
  /** Query parameters it knows, all others being 422; absent where it ignores the query altogether. */
  readonly query?: readonly string[];
  handle(exchange: Exchange): Awaitable<Reply>;
}

/** What operations that only read rows, or change them, have in common. */
export const READS = { access: "read", rate: "read" } as const;
export const WRITES = { access: "write", rate: "write" } as const;
/** Of documentation and problem pages. */
export const SHOWS = { access: "open", rate: "read" } as const;

export interface Route {
  /** With parameters in braces, as OpenAPI and metrics write it: `/tasks/{id}`. */
  readonly path: string;
  readonly methods: Readonly<Partial<Record<Method, Operation>>>;
  /** Media types that PATCH takes, for Accept-Patch. */
  readonly acceptPatch?: readonly string[];
}

/** The operation that a request asks for. HEAD is answered as GET is. */
export function operationOf(route: Route, method: string): Operation | undefined {
  if (method === "HEAD") return route.methods.GET;
  return METHODS.includes(method as Method) ? route.methods[method as Method] : undefined;
}

/** The Allow header's value; empty for a route without operations, which stands for "nothing here". */
export function allowedMethods({ methods }: Route): string {
  const names = METHODS.filter((method) => methods[method]).flatMap((method) =>
    method === "GET" ? ["GET", "HEAD"] : [method],
  );
  return names.length === 0 ? "" : [...names, "OPTIONS"].join(", ");
}

/** Goes on at once where the value is there, and without a further promise. */
export function then<T, R>(value: Awaitable<T>, next: (value: T) => R): Awaitable<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
