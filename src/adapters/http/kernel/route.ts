import type { Awaitable } from "../../../application/ports.ts";
import type { Exchange } from "./exchange.ts";
import type { Declaration, Resource } from "./operation.ts";
import type { Reply } from "./reply.ts";

/** One method of one resource. */
export type Operation = Declaration & {
  handle(exchange: Exchange): Awaitable<Reply>;
};

export type Route = Resource<Operation>;
