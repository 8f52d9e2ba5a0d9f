import { Elysia } from "elysia";
import type { Log } from "../../../application/ports.ts";
import type { Kernel } from "./kernel.ts";
import type { Route } from "./route.ts";

/** Stands for every unknown address. */
const NOTHING: Route = { path: "/*", methods: {} };

export type Router = (request: Request) => Response | Promise<Response>;

/**
 * Elysia as the router. Nothing that is loaded before the first answer may import this module: Elysia takes as long to
 * load as the rest of start-up.
 * @param secure whether URLs begin with https
 */
export function createRouter(kernel: Kernel, routes: readonly Route[], log: Log, secure: boolean): Router {
  // The router looks for a URL's path from a fixed position: after `http://db/` if it expects longer
  // hosts, else before the slashes of `https://`.
  const app = new Elysia({ normalize: false, strictPath: true, handler: { standardHostname: secure } });
  for (const route of [...routes, NOTHING]) register(app, kernel, route);
  app.onError(({ error }) => {
    log.error("request failed outside of any route", { error });
    return new Response(null, { status: 500 });
  });
  return (request) => app.fetch(request);
}

/** Every path accepts every method, so that the kernel decides about HEAD, OPTIONS and 405. */
function register(app: Elysia, kernel: Kernel, route: Route): void {
  const handle = kernel.handler(route);
  const path = route.path.replaceAll(/\{(\w+)\}/g, ":$1");
  // Destructured, because Elysia reads a handler's source to see what it must compute for a request.
  app.all(path, ({ request, params }) => handle(request, params), { parse: "none" });
  // Also by name: otherwise Elysia would answer HEAD from GET, with the length of an empty body.
  app.head(path, ({ request, params }) => handle(request, params), { parse: "none" });
}
