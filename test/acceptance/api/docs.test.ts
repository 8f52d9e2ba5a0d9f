import { afterAll, beforeAll, expect, test } from "bun:test";
import { Client, type Json } from "../../support/client.ts";
import { runTodos, type Service, startService } from "../../support/service.ts";

let service: Service;
let client: Client;
beforeAll(async () => {
  service = await startService();
  client = new Client(service.url);
});
afterAll(() => service[Symbol.asyncDispose]());

test("/docs and everything it loads come from inside the binary", async () => {
  const page = await client.get("/docs");
  expect([page.status, page.header("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  const loaded = [...page.text.matchAll(/(?:src|href)="([^"#]+)"/g)]
    .map((match) => match[1] ?? "")
    .filter((url) => !url.startsWith("data:"));
  expect(loaded.length).toBeGreaterThan(3);
  for (const url of loaded) {
    const reply = await client.get(new URL(url, `${service.url}/docs`).href);
    expect([url, reply.status, reply.bytes.length > 0]).toEqual([url, 200, true]);
    expect(new URL(url, `${service.url}/docs`).origin).toBe(service.url);
  }
});

test("assets have their types and strong ETags, and an unknown asset is 404", async () => {
  const types = {
    "swagger-ui.css": "text/css; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  };
  for (const [name, type] of Object.entries(types)) {
    const asset = await client.get(`/docs/${name}`);
    expect([asset.header("content-type"), asset.header("etag")]).toEqual([type, expect.stringMatching(/^"/)]);
  }
  for (const name of ["none.js", "..%2f..%2fetc%2fpasswd", "package.json"])
    expect((await client.get(`/docs/${name}`)).status).toBe(404);
});

test("/openapi.json describes every path that answers, and its server is the link base", async () => {
  const document = (await client.get("/openapi.json", { host: "told.example" })).json() as unknown as {
    openapi: string;
    servers: { url: string }[];
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  expect(document.openapi).toMatch(/^3\./);
  expect(document.servers).toEqual([{ url: "http://told.example" }]);
  const paths = Object.keys(document.paths);
  expect(paths).toEqual(
    expect.arrayContaining([
      "/",
      "/checklists",
      "/checklists/{id}",
      "/tasks",
      "/tasks/{id}",
      "/actuator/health",
    ]),
  );
  for (const [path, operations] of Object.entries(document.paths)) {
    const options = await client.ask("OPTIONS", path.replaceAll(/\{\w+\}/g, "x"));
    const methods = Object.keys(operations).filter((name) =>
      /^(get|put|post|patch|delete|head|options)$/.test(name),
    );
    for (const method of methods)
      expect([path, options.headers.get("allow")]).toEqual([
        path,
        expect.stringContaining(method.toUpperCase()),
      ]);
  }
});

test("`todos openapi` prints the same document", async () => {
  const printed = await runTodos(["openapi"], service.data);
  const { servers: _here, ...served } = (await client.get("/openapi.json")).json() as Json & {
    servers: unknown;
  };
  const { servers: _there, ...said } = JSON.parse(printed.stdout);
  expect(said).toEqual(served);
});

test("problem pages work below a public URL with a path", async () => {
  await using prefixed = await startService({ TODOS_PUBLIC_URL: "https://todos.example/api" });
  const page = await new Client(prefixed.url).get("/problems/conflict", { accept: "text/html" });
  expect(page.text).toContain("https://todos.example/api/problems/conflict");
  for (const [, url] of page.text.matchAll(/(?:src|href)="(?!data:)([^"#]+)"/g)) {
    expect(new URL(url ?? "", "https://todos.example/api/problems/conflict").href).toStartWith(
      "https://todos.example/api/",
    );
  }
});
