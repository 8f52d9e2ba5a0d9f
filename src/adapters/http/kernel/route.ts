import type { Awaitable } from "../../../application/ports.ts";
import type { Exchange } from "./exchange.ts";
import type { Declaration, Resource } from "./operation.ts";
import type { Reply } from "./reply.ts";

/** One method of one resource. */
export type Operation = Declaration & {
  handle(exchange: Exchange): Awaitable<Reply>;
};

export type Route = Resource<Operation>;

/** Continues at once, without another promise, if the value is already there. */
export function then<T, R>(value: Awaitable<T>, next: (value: T) => Awaitable<R>): Awaitable<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
