import type { RootPart } from "../accounts/root.ts";
import { contentEtag } from "../kernel/etag.ts";
import type { Exchange } from "../kernel/exchange.ts";
import { HAL_FORMS, HTML } from "../kernel/media.ts";
import { SHOWS } from "../kernel/operation.ts";
import { type Reply, reply } from "../kernel/reply.ts";
import type { Route } from "../kernel/route.ts";
import { shell } from "../page/routes.ts";
import { NEGOTIATED, ROOT_OFFERS } from "./pages.ts";
import { link } from "./representations.ts";
import type { ApiResource } from "./resource.ts";

export function rootRoute(resources: readonly ApiResource[]): Route {
  return {
    path: "/",
    methods: {
      GET: { ...SHOWS, right: "enter", offers: ROOT_OFFERS, openAs: HTML, handle: (x) => root(x, resources) },
    },
  };
}

function root(x: Exchange, resources: readonly ApiResource[]): Reply | Promise<Reply> {
  if (x.mediaType === HTML) return shell(x, "index");
  return x.services.accounts ? withAccounts(x, resources) : shown(x, resources, NO_ACCOUNTS);
}

const NO_ACCOUNTS: RootPart = { links: {}, templates: {} };

async function withAccounts(x: Exchange, resources: readonly ApiResource[]): Promise<Reply> {
  const { accountsAtRoot } = await import("../accounts/root.ts");
  return shown(x, resources, await accountsAtRoot(x));
}

function shown(x: Exchange, resources: readonly ApiResource[], accounts: RootPart): Reply {
  const { base } = x;
  const hasLists = x.sees("own");
  const body = JSON.stringify({
    _links: {
      self: link(base.root()),
      ...together(resources, ({ links }) => (hasLists ? links(base) : {})),
      "service-desc": link(base.at("/openapi.json")),
      "service-doc": link(base.at("/docs")),
      health: link(base.at("/actuator/health")),
      ...(x.services.settings.management !== "none" && x.sees("operate")
        ? { actuator: link(base.at("/actuator")) }
        : {}),
      ...(hasLists ? { events: link(base.at("/events")) } : {}),
      ...accounts.links,
    },
    ...(x.mediaType === HAL_FORMS
      ? { _templates: { ...together(resources, (resource) => resource.templates(x)), ...accounts.templates } }
      : {}),
  });
  const etag = contentEtag(base.variant(x.mediaType) + body);
  return reply(200, { ...NEGOTIATED, "content-type": x.mediaType, etag }, body);
}

function together(resources: readonly ApiResource[], part: (resource: ApiResource) => object): object {
  return Object.assign({}, ...resources.map(part));
}
