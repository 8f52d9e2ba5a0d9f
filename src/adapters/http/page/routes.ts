import { TodosError } from "../../../domain/errors.ts";
import { NEGOTIATED } from "../api/pages.ts";
import { assetReply } from "../assets.ts";
import { contentEtag } from "../kernel/etag.ts";
import type { Exchange } from "../kernel/exchange.ts";
import { pageHeaders } from "../kernel/html.ts";
import { HTML, Offers } from "../kernel/media.ts";
import { SHOWS } from "../kernel/operation.ts";
import { type Reply, reply } from "../kernel/reply.ts";
import type { Route } from "../kernel/route.ts";
import { PAGE_POLICY } from "./policy.ts";

/** HTML that the build makes. */
type Shell = "index" | "status";

/** Their names change with their contents, so a client that has one never needs to ask again. */
const IMMUTABLE = "public, max-age=31536000, immutable";
const REVALIDATED = "no-cache";

export const pageRoutes: readonly Route[] = [
  {
    path: "/status",
    methods: { GET: { ...SHOWS, offers: new Offers([HTML]), handle: (x) => shell(x, "status") } },
  },
  { path: "/page/{name}", methods: { GET: { ...SHOWS, handle: hashedFile } } },
  {
    path: "/manifest.webmanifest",
    methods: { GET: { ...SHOWS, handle: (x) => file(x, "manifest.webmanifest") } },
  },
  { path: "/service-worker.js", methods: { GET: { ...SHOWS, handle: (x) => file(x, "service-worker.js") } } },
];

/**
 * The HTML of the page.
 * @param home relative path to the service's root, from where the HTML stands
 */
export async function shell(_x: Exchange, name: Shell, home: "./" | "../" = "./"): Promise<Reply> {
  const { pageText } = await import("./files.ts");
  const text = await pageText(`${name}.html`);
  const html = home === "./" ? text : text.replaceAll(/(?<= (?:href|src)=")(?:\.\/)?/g, home);
  return reply(200, { ...NEGOTIATED, ...pageHeaders(PAGE_POLICY), etag: contentEtag(html) }, html);
}

async function hashedFile(x: Exchange): Promise<Reply> {
  const name = x.params.name ?? "";
  const { isHashed, pageFile } = await import("./files.ts");
  const found = isHashed(name) ? await pageFile(name) : undefined;
  if (!found) throw new TodosError("not-found", "No such file of the page.");
  return await assetReply(x, found, IMMUTABLE);
}

/** Its name stays, so it is asked for again each time. A worker has the policy of its own answer. */
async function file(x: Exchange, name: "manifest.webmanifest" | "service-worker.js"): Promise<Reply> {
  const { knownFile } = await import("./files.ts");
  const made = await assetReply(x, await knownFile(name), REVALIDATED);
  made.headers["content-security-policy"] = PAGE_POLICY;
  return made;
}
