import { Elysia } from "elysia";
import type { Log } from "../../../application/ports.ts";
import type { Kernel } from "./kernel.ts";
import type { Route } from "./route.ts";

/** Stands for every address at which there is nothing. */
const NOTHING: Route = { path: "/*", methods: {} };

export type Router = (request: Request) => Response | Promise<Response>;

/**
 * Elysia as the router. Nothing that is loaded before the first answer may import this module: Elysia
 * takes as long to load as all the rest of starting.
 * @param secure whether URLs begin with https
 */
export function createRouter(kernel: Kernel, routes: readonly Route[], log: Log, secure: boolean): Router {
  // The router looks for a URL's path from a fixed place on: right of `http://db/` where it expects longer
  // hosts, and left of the slashes of `https://` where it does not.
  const app = new Elysia({ normalize: false, strictPath: true, handler: { standardHostname: secure } });
  for (const route of [...routes, NOTHING]) register(app, kernel, route);
  app.onError(({ error }) => {
    log.error("request failed outside of any route", { error });
    return new Response(null, { status: 500 });
  });
  return (request) => app.fetch(request);
}

/** Every path takes every method, so that the kernel decides about HEAD, OPTIONS and 405. */
function register(app: Elysia, kernel: Kernel, route: Route): void {
  const handle = kernel.handler(route);
  const path = route.path.replaceAll(/\{(\w+)\}/g, ":$1");
  // Destructured, because Elysia reads a handler's source to see what of a request it has to work out.
  app.all(path, ({ request, params }) => handle(request, params), { parse: "none" });
  // By name too: Elysia would answer HEAD itself from GET, with the length of an empty body.
  app.head(path, ({ request, params }) => handle(request, params), { parse: "none" });
}
