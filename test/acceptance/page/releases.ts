import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildPage, type PageFile } from "../../../scripts/build/page.ts";
import { PAGE_POLICY } from "../../../src/adapters/http/page/policy.ts";
import { ROOT } from "../../support/binary.ts";
import type { Service } from "../../support/service.ts";

/** What the page of the next release says of itself: `data-release` of the document. */
export const NEXT = "next";

/** A service whose page can be replaced by that of another release, while its API stays. */
export interface Releases extends AsyncDisposable {
  readonly url: string;
  /** From now on the page is another build, made of sources that differ; files of the one before are gone. */
  release(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  svg: "image/svg+xml",
  png: "image/png",
};

/** Stands before a service, as a proxy does that hands on the name by which it was asked. */
export function releases(service: Service): Releases {
  let next: ReadonlyMap<string, PageFile> | undefined;
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    fetch: async (request) => (next && replaced(next, request)) ?? (await handedOn(service, request)),
  });
  return {
    url: server.url.origin,
    release: async () => {
      next = await nextPage();
    },
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

async function handedOn(service: Service, request: Request): Promise<Response> {
  const { pathname, search, host } = new URL(request.url);
  const headers = new Headers(request.headers);
  headers.set("host", host);
  const { method, signal } = request;
  const body = method === "GET" || method === "HEAD" ? {} : { body: await request.arrayBuffer() };
  try {
    const init = { method, headers, signal, redirect: "manual", decompress: false, ...body } as const;
    const answer = await fetch(service.url + pathname + search, init);
    return new Response(answer.body, answer);
  } catch {
    // The service is gone, or the client is.
    return new Response(null, { status: 502 });
  }
}

function replaced(page: ReadonlyMap<string, PageFile>, request: Request): Response | undefined {
  const path = new URL(request.url).pathname;
  const wantsPage = request.headers.get("accept")?.includes("text/html") ?? false;
  const name = path === "/" ? (wantsPage ? "index.html" : undefined) : path.replace(/^\/(?:page\/)?/, "");
  const isOfPage = path.startsWith("/page/") || ["/", "/service-worker.js"].includes(path);
  if (name === undefined || !isOfPage) return undefined;
  const file = page.get(name);
  if (!file) return new Response(null, { status: 404 });
  const type = TYPES[name.split(".").at(-1) ?? ""] ?? "";
  return new Response(file.bytes, {
    headers: { "content-type": type, "content-security-policy": PAGE_POLICY, "cache-control": "no-cache" },
  });
}

async function nextPage(): Promise<ReadonlyMap<string, PageFile>> {
  const folder = mkdtempSync(join(tmpdir(), "todos-release-"));
  try {
    copyPageSources(folder);
    const main = join(folder, "src/adapters/ui/main.tsx");
    await Bun.write(
      main,
      `${readFileSync(main, "utf8")}\ndocument.documentElement.dataset.release = "${NEXT}";\n`,
    );
    const { files } = await buildPage(folder);
    return new Map(files.map((file) => [file.name, file]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What the page is made of, and nothing else. */
export function copyPageSources(folder: string): void {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const ofPage = Object.keys(dependencies).filter((name) => !name.startsWith("@aws"));
  const places = ["@preact/signals-core", ...ofPage].map((name) => `node_modules/${name}`);
  for (const part of ["src/adapters/ui", "src/domain", "src/lib", "package.json", "tsconfig.json", ...places])
    cpSync(join(ROOT, part), join(folder, part), { recursive: true });
}
