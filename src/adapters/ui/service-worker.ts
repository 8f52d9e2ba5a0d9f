// Keeps the files of the page, so that it opens without the server, and an open page never misses a part of itself. It
// keeps nothing of the API but what the screen showed last: rows are in IndexedDB, see `sync/`.
import { withPicture } from "./picture/inlined.ts";
import type { PictureMessage } from "./picture/picture.ts";

/** Put in by the build: what it made, and the text of each HTML file by its name. */
declare const BUILD: string;
declare const FILES: readonly string[];
declare const CSP: string;
declare const SHELLS: Readonly<Record<string, string>>;
/** HTML of the page with places for a picture. */
declare const TEMPLATE: string;

/** DOM's types know no workers. */
interface WorkerScope extends EventTarget {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
}
interface LifeEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
/** Chromium's static routing: other browsers have no `addRoutes`. */
interface InstallEvent extends LifeEvent {
  addRoutes?(routes: readonly Route[]): Promise<void>;
}
interface Route {
  readonly condition: {
    readonly urlPattern?: { readonly pathname: string; readonly search: string };
    readonly requestMode?: "navigate" | "cors";
  };
  readonly source: "cache" | "network" | { readonly cacheName: string };
}
interface PageMessage extends LifeEvent {
  readonly data: PictureMessage;
}
interface FetchEvent extends LifeEvent {
  readonly request: Request;
  respondWith(answer: Response | Promise<Response>): void;
}

const scope = self as unknown as WorkerScope;
const PREFIX = "page-";
/** Of one more than the present build and the one before: a tab may be two updates old. */
const BUILDS_KEPT = 3;
const FOLDER = "page/";
const HTML_HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": CSP,
  "referrer-policy": "no-referrer",
};
/** Which HTML answers a navigation, by its path below the scope. */
const PAGES: Readonly<Record<string, string>> = { "": "index.html", status: "status.html" };

scope.addEventListener("install", (event) => {
  const installing = event as InstallEvent;
  installing.waitUntil(Promise.all([install(), installing.addRoutes?.(routes())]));
});
scope.addEventListener("activate", (event) => (event as LifeEvent).waitUntil(activate()));
scope.addEventListener("message", (event) => {
  const message = event as PageMessage;
  message.waitUntil(keepPicture(message.data));
});
scope.addEventListener("fetch", (event) => answer(event as FetchEvent));

/**
 * What the browser may answer by itself, without starting this worker: as {@link answer} would, which has all that is not
 * in the caches.
 */
function routes(): readonly Route[] {
  const { pathname } = new URL(scope.registration.scope);
  const pages = Object.keys(PAGES).map((path): Route => {
    const urlPattern = { pathname: pathname + path, search: "" };
    return { condition: { requestMode: "navigate", urlPattern }, source: { cacheName: PREFIX + BUILD } };
  });
  const files = { pathname: `${pathname + FOLDER}*`, search: "" };
  return [
    ...pages,
    { condition: { urlPattern: files }, source: "cache" },
    // Requests of the API. Chromium forgets a newer worker that would take over while this one is asked for something.
    { condition: { requestMode: "cors" }, source: "network" },
  ];
}

/** Pages of earlier builds find their files in the caches of those, so nothing needs to wait for them. */
async function install(): Promise<void> {
  const cache = await caches.open(PREFIX + BUILD);
  await Promise.all(FILES.map((name) => keep(cache, new URL(FOLDER + name, scope.registration.scope).href)));
  await Promise.all(
    Object.entries(PAGES).map(([path, name]) => cache.put(scope.registration.scope + path, shell(name))),
  );
  await scope.skipWaiting();
}

/** Where there is no room, the last picture stays; one that may not be seen any more goes, and with it all of the HTML. */
async function keepPicture({ picture }: PictureMessage): Promise<void> {
  const cache = await caches.open(PREFIX + BUILD);
  const keepHtml = (html: Response) => cache.put(scope.registration.scope, html);
  if (picture !== null) await keepHtml(htmlAnswer(withPicture(TEMPLATE, picture)));
  else await keepHtml(shell("index.html")).catch(() => cache.delete(scope.registration.scope));
}

function shell(name: string): Response {
  return htmlAnswer(SHELLS[name] ?? "");
}

function htmlAnswer(text: string): Response {
  return new Response(text, { headers: HTML_HEADERS });
}

async function keep(cache: Cache, url: string): Promise<void> {
  const known = await caches.match(url);
  const found = known ?? (await fetch(url));
  if (!found.ok) throw new Error(`${url}: ${found.status}`);
  await cache.put(url, found);
}

async function activate(): Promise<void> {
  // In order of creation (the specification's `keys`).
  const builds = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== PREFIX + BUILD);
  const old = builds.slice(0, Math.max(builds.length - (BUILDS_KEPT - 1), 0));
  await Promise.all(old.map((name) => caches.delete(name)));
  await scope.clients.claim();
}

function answer(event: FetchEvent): void {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(scope.registration.scope)) return;
  const path = request.url.slice(scope.registration.scope.length).split(/[?#]/, 1)[0] ?? "";
  const page = request.mode === "navigate" ? PAGES[path] : undefined;
  if (page !== undefined) event.respondWith(keptPage(path, page));
  else if (path.startsWith(FOLDER)) event.respondWith(file(request));
}

async function keptPage(path: string, name: string): Promise<Response> {
  const cache = await caches.open(PREFIX + BUILD);
  return (await cache.match(scope.registration.scope + path)) ?? shell(name);
}

/** Names of files change with their contents, so a kept one is never out of date. */
async function file(request: Request): Promise<Response> {
  return (await caches.match(request.url)) ?? (await fetch(request));
}
