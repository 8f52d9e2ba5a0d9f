import { TodosError } from "../../../domain/errors.ts";
import { NEGOTIATED } from "../api/pages.ts";
import type { ApiResource } from "../api/resource.ts";
import { assetReply } from "../assets.ts";
import { contentEtag } from "../kernel/etag.ts";
import type { Exchange } from "../kernel/exchange.ts";
import { pageHeaders } from "../kernel/html.ts";
import { HTML, JSON_TYPE, Offers } from "../kernel/media.ts";
import { SHOWS } from "../kernel/operation.ts";
import { type Reply, reply } from "../kernel/reply.ts";
import type { Route } from "../kernel/route.ts";
import type { Described } from "./openapi/document.ts";

const OPENAPI = "application/vnd.oai.openapi+json";
const ASSET_NAMES = ["swagger-ui.css", "swagger-ui-bundle.js", "start.js", "sign-in.js", "page.css"] as const;
/** Swagger UI writes style attributes and shows pictures from data URLs; scripts come only from our own files. */
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export const docsRoutes = (resources: readonly ApiResource[]): readonly Route[] => [
  { path: "/docs", methods: { GET: { ...SHOWS, offers: new Offers([HTML]), handle: documentationPage } } },
  { path: "/docs/{asset}", methods: { GET: { ...SHOWS, handle: asset } } },
  {
    path: "/openapi.json",
    methods: {
      GET: { ...SHOWS, offers: new Offers([JSON_TYPE, OPENAPI]), handle: (x) => openApi(x, resources) },
    },
  },
];

/** Documents by the base of their links; there are few. */
const documents = new Map<string, Promise<string>>();
const DOCUMENTS_MAX = 20;

async function openApi(x: Exchange, resources: readonly ApiResource[]): Promise<Reply> {
  const body = await documentFor(x, resources);
  return reply(
    200,
    { ...NEGOTIATED, "content-type": x.mediaType, etag: contentEtag(x.mediaType + body) },
    body,
  );
}

function documentFor(x: Exchange, resources: readonly ApiResource[]): Promise<string> {
  const { url } = x.base;
  const known = documents.get(url);
  if (known) return known;
  if (documents.size >= DOCUMENTS_MAX) documents.clear();
  const made = makeDocument(x.services.facts.version, describedBy(x, resources), url);
  documents.set(url, made);
  return made;
}

const describedBy = ({ services }: Exchange, resources: readonly ApiResource[]): Described => ({
  resources,
  management: services.settings.management,
  checklistOrder: services.checklists.order,
  hasAccounts: services.accounts !== undefined,
});

async function makeDocument(version: string, described: Described, url: string): Promise<string> {
  // Loaded when first read: start-up should not pay for documentation.
  const { openApiDocument } = await import("./openapi/document.ts");
  return JSON.stringify({ ...(await openApiDocument(version, described)), servers: [{ url }] });
}

export function documentationPage({ services }: Pick<Exchange, "services">): Reply {
  // Relative, so that it works at any address that a browser uses.
  const asset = (name: (typeof ASSET_NAMES)[number]) => `docs/${name}`;
  const hasAccounts = services.accounts !== undefined;
  const caller = hasAccounts ? '<div id="caller"></div>' : "";
  const signIn = hasAccounts ? `<script type="module" src="${asset("sign-in.js")}"></script>` : "";
  const body = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>todos API</title><link rel="icon" href="data:,"><link rel="stylesheet" href="${asset("swagger-ui.css")}">
<link rel="stylesheet" href="${asset("page.css")}"></head>
<body><noscript>This page needs JavaScript; the document itself is <a href="openapi.json">openapi.json</a>.</noscript>
${caller}<div id="docs" data-document="openapi.json"></div>
<script src="${asset("swagger-ui-bundle.js")}"></script><script src="${asset("start.js")}"></script>${signIn}</body></html>
`;
  return reply(200, { ...NEGOTIATED, ...pageHeaders(CSP), etag: contentEtag(body) }, body);
}

async function asset(x: Exchange): Promise<Reply> {
  const name = ASSET_NAMES.find((known) => known === x.params.asset);
  if (!name) throw new TodosError("not-found", "No such documentation file.");
  const { assetOf } = await import("../static.ts");
  return await assetReply(x, await assetOf(name), "no-cache");
}
