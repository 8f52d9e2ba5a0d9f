import type { Kernel } from "./kernel.ts";
import type { Route } from "./route.ts";
import type { Router } from "./router.ts";

/**
 * Answers before the router is loaded. Health answers at once, without it; the first other request loads
 * the router and waits about ten milliseconds. An unused instance stays small.
 */
export function routedLater(kernel: Kernel, routes: readonly Route[], load: () => Promise<Router>): Router {
  const vital = new Map(
    routes
      .filter(({ path, methods }) => methods.GET?.rate === "vital" && !path.includes("{"))
      .map((route) => [route.path, kernel.handler(route)]),
  );
  let router: Router | undefined;
  let loading: Promise<Router> | undefined;
  const loaded = (): Promise<Router> => {
    loading ??= load().then((made) => {
      router = made;
      return made;
    });
    return loading;
  };
  return (request) => {
    if (router) return router(request);
    const handle = vital.get(pathOf(request.url));
    return handle ? handle(request, {}) : loaded().then((made) => made(request));
  };
}

/** @param url absolute; without a fragment, as Bun gives it */
function pathOf(url: string): string {
  return url.slice(url.indexOf("/", "https://".length)).split("?", 1)[0] ?? "";
}
