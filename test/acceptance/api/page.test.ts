import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import { Client } from "../../support/client.ts";
import { type Service, startService } from "../../support/service.ts";

const BROWSER = { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" };
const SHELLS = ["/", "/status"] as const;

let service: Service;
let client: Client;
beforeAll(async () => {
  service = await startService();
  client = new Client(service.url);
});
afterAll(() => service[Symbol.asyncDispose]());

/** Addresses of files that the HTML loads, absolute. */
async function loadedBy(path: string): Promise<readonly string[]> {
  const html = (await client.get(path, BROWSER)).text;
  const found = [...html.matchAll(/<(?:link|script)\b[^>]*(?:href|src)="([^"]+)"/g)].map(
    ([, url]) => url ?? "",
  );
  return found.filter((url) => url !== "./").map((url) => new URL(url, service.url + path).href);
}

describe("the HTML of the page", () => {
  test("is asked for again each time, with an ETag; HEAD says the same as GET", async () => {
    for (const path of SHELLS) {
      const page = await client.get(path, BROWSER);
      expect([page.status, page.header("cache-control")]).toEqual([200, "no-cache"]);
      expect(page.header("vary")).toContain("Accept");
      const again = await client.get(path, { ...BROWSER, "if-none-match": page.header("etag") });
      expect([again.status, again.text]).toEqual([304, ""]);
      const head = await client.ask("HEAD", path, { headers: BROWSER });
      expect(head.header("content-length")).toBe(String(page.bytes.length));
    }
  });

  test("has neither script nor style in it, nor an event's handler, and its policy allows none", async () => {
    for (const path of SHELLS) {
      const { text, headers } = await client.get(path, BROWSER);
      expect(text).not.toMatch(/<style|style=|\son\w+=|<script(?![^>]*\bsrc=)|javascript:/);
      const policy = headers.get("content-security-policy") ?? "";
      expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
      expect(policy).not.toMatch(/unsafe|\*|https?:/);
    }
  });

  test("loads files only from its own origin, and all of them exist", async () => {
    for (const path of SHELLS) {
      const urls = await loadedBy(path);
      expect(urls.length).toBeGreaterThan(3);
      for (const url of urls) {
        expect(url).toStartWith(`${service.url}/`);
        expect([url, (await client.get(url)).status]).toEqual([url, 200]);
      }
    }
  });

  test("is for browsers: without Accept, and for any other type, / is the API's", async () => {
    for (const accept of ["*/*", "application/hal+json", "text/html;q=0.5,application/json"])
      expect((await client.get("/", { accept })).header("content-type")).toMatch(/json$/);
  });
});

describe("a file with a hash in its name", () => {
  test("never needs to be asked for again, and comes as the build compressed it", async () => {
    const urls = (await loadedBy("/")).filter((url) => url.includes("/page/"));
    for (const url of urls) {
      const whole = await client.get(url, { "accept-encoding": "identity" });
      const packed = await client.get(url, { "accept-encoding": "br, gzip, zstd" });
      expect(whole.header("cache-control")).toBe("public, max-age=31536000, immutable");
      expect(packed.header("cache-control")).toBe(whole.header("cache-control"));
      expect(packed.header("content-encoding")).toBe("gzip");
      expect(gunzipSync(packed.bytes).equals(whole.bytes)).toBe(true);
      expect(packed.header("etag")).toBe(whole.header("etag").replace(/"$/, '-gzip"'));
      const again = { "accept-encoding": "gzip", "if-none-match": packed.header("etag") };
      expect((await client.get(url, again)).status).toBe(304);
    }
  });

  test("has the type that its name says", async () => {
    const types = { js: "text/javascript; charset=utf-8", svg: "image/svg+xml", png: "image/png" };
    const urls = await loadedBy("/");
    for (const [ending, type] of Object.entries(types)) {
      const url = urls.find((each) => each.endsWith(`.${ending}`)) ?? "";
      expect([ending, (await client.get(url)).header("content-type")]).toEqual([ending, type]);
    }
  });

  test("is the page's: other files of the executable and of the disk are 404", async () => {
    const names = [
      "index.html",
      "service-worker.js",
      "manifest.webmanifest",
      "swagger-ui.css",
      "main-00000000.js",
      "..%2fpage-index.html",
      "..%2f..%2fetc%2fpasswd",
      "a-b.js%00.css",
    ];
    for (const name of names) expect([name, (await client.get(`/page/${name}`)).status]).toEqual([name, 404]);
  });
});

test("the manifest's icons are there, with the sizes that it says", async () => {
  const reply = await client.get("/manifest.webmanifest");
  expect(reply.header("content-type")).toBe("application/manifest+json");
  const { icons, start_url: start } = reply.json() as unknown as Manifest;
  expect([start, icons.some(({ purpose }) => purpose === "maskable")]).toEqual(["./", true]);
  for (const { src, sizes, type } of icons) {
    const icon = await client.get(`/${src}`);
    expect([src, icon.header("content-type")]).toEqual([src, type]);
    if (type === "image/png") expect(sizeOfPng(icon.bytes)).toBe(sizes);
  }
});

function sizeOfPng(bytes: Uint8Array): string {
  const head = new DataView(bytes.buffer, bytes.byteOffset);
  return `${head.getUint32(16)}x${head.getUint32(20)}`;
}

interface Manifest {
  readonly start_url: string;
  readonly icons: readonly {
    readonly src: string;
    readonly sizes: string;
    readonly type: string;
    readonly purpose?: string;
  }[];
}

test("the service worker may be a new one each time, and asks its own origin alone", async () => {
  const reply = await client.get("/service-worker.js");
  expect(reply.header("content-type")).toBe("text/javascript; charset=utf-8");
  expect(reply.header("cache-control")).toBe("no-cache");
  expect(reply.header("content-security-policy")).toContain("connect-src 'self'");
});

test("below a public URL with a path, every address in the HTML stays below it", async () => {
  await using prefixed = await startService({ TODOS_PUBLIC_URL: "https://todos.example/app" });
  const html = (await new Client(prefixed.url).get("/", BROWSER)).text;
  for (const [, url] of html.matchAll(/(?:src|href)="([^"]+)"/g))
    expect(new URL(url ?? "", "https://todos.example/app/").href).toStartWith("https://todos.example/app/");
});
