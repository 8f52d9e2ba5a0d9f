import type { Awaitable } from "../../application/ports.ts";
import type { Exchange } from "./exchange.ts";
import type { Offers } from "./media.ts";
import type { Reply } from "./reply.ts";

export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
export type Method = (typeof METHODS)[number];

/** One method of one resource. */
export interface Operation {
  /** Representations it can answer with; absent where an answer has none (204). */
  readonly offers?: Offers;
  /** Query parameters it knows, all others being 422; absent where it ignores the query altogether. */
  readonly query?: readonly string[];
  /** True where it changes something. */
  readonly writes?: boolean;
  handle(exchange: Exchange): Awaitable<Reply>;
}

export interface Route {
  /** With parameters in braces, as OpenAPI and metrics write it: `/tasks/{id}`. */
  readonly path: string;
  readonly methods: Readonly<Partial<Record<Method, Operation>>>;
  /** Media types that PATCH takes, for Accept-Patch. */
  readonly acceptPatch?: readonly string[];
  /** Answers even when the service is overloaded. */
  readonly vital?: boolean;
}

/** Goes on at once where the value is there, and without a further promise. */
export function then<T, R>(value: Awaitable<T>, next: (value: T) => R): Awaitable<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
