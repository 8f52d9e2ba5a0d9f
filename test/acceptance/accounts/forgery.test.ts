import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, problem } from "../../support/client.ts";
import { type AccountService, firstAdmin, invited, type Person, startWithAccounts } from "./support.ts";

let service: AccountService;
let root: Person;
let ada: Person;
let browser: Client;

beforeAll(async () => {
  service = await startWithAccounts({ TODOS_CORS_ORIGINS: "https://app.example", TODOS_ACCESS_LOG: "true" });
  root = await firstAdmin(service);
  ada = await invited(root, "ada");
  browser = new Client(service.url);
});
afterAll(() => service?.[Symbol.asyncDispose]());

const FORBIDDEN = { status: 403, code: "forbidden", pointers: [] };

/** How many checklists ada has. */
async function lists(): Promise<number> {
  return (await ada.allIds("/checklists", "checklists")).length;
}

describe("a browser that is signed in, and a page of somebody else", () => {
  test.each<[string, Record<string, string>]>([
    ["a script elsewhere", { origin: "https://evil.example", "sec-fetch-site": "cross-site" }],
    ["a sibling domain", { origin: "http://evil.localhost", "sec-fetch-site": "same-site" }],
    ["a sandboxed frame", { origin: "null" }],
    ["a page at another port", { origin: "http://127.0.0.1:1" }],
    ["a page over another scheme", { origin: "https://127.0.0.1" }],
    ["an allowed origin of CORS, which may send tokens and no cookie", { origin: "https://app.example" }],
    ["an address that somebody typed", { "sec-fetch-site": "none" }],
    ["nothing about the page", {}],
  ])("%s → 403 for what changes something, and nothing is changed", async (_, headers) => {
    const before = await lists();
    const cookie = { cookie: ada.cookie, ...headers };
    expect(problem(await browser.post("/checklists", { name: "forged" }, cookie))).toEqual(FORBIDDEN);
    const [first = ""] = await ada.allIds("/checklists", "checklists");
    for (const method of ["PUT", "PATCH", "DELETE"]) {
      const forged = await browser.ask(method, `/checklists/${first}`, {
        headers: cookie,
        body: { name: "forged" },
      });
      expect(problem(forged)).toEqual(FORBIDDEN);
    }
    expect(problem(await browser.delete("/sessions/current", cookie))).toEqual(FORBIDDEN);
    expect(await lists()).toBe(before);
  });

  test("a form, which needs no preflight → 403 before its body is looked at; an image only reads", async () => {
    const before = await lists();
    for (const type of [
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "text/plain",
    ]) {
      const headers = { cookie: ada.cookie, origin: "https://evil.example", "content-type": type };
      const forged = await browser.post("/checklists", '{"name":"forged"}', headers);
      expect(problem(forged)).toEqual(FORBIDDEN);
    }
    const image = { cookie: ada.cookie, "sec-fetch-site": "cross-site", "sec-fetch-dest": "image" };
    expect((await browser.get("/checklists", image)).header("cross-origin-resource-policy")).toBe(
      "same-origin",
    );
    expect(await lists()).toBe(before);
  });

  test("no page elsewhere signs somebody in", async () => {
    const headers = { origin: "https://evil.example" };
    const forged = await browser.post(
      "/sessions",
      { login: "ada", password: "correct horse battery" },
      headers,
    );
    expect([problem(forged), forged.headers.get("set-cookie")]).toEqual([FORBIDDEN, null]);
  });

  test("a page of ours may, by Sec-Fetch-Site or by Origin", async () => {
    for (const headers of [{ "sec-fetch-site": "same-origin" }, { origin: service.url }] as const) {
      const reply = await browser.post("/checklists", { name: "mine" }, { cookie: ada.cookie, ...headers });
      expect(reply.status).toBe(201);
    }
  });
});

test("CORS: a page elsewhere may send a token; no answer allows a cookie", async () => {
  const origin = "https://app.example";
  const preflight = await browser.ask("OPTIONS", "/checklists", {
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization",
    },
  });
  expect(preflight.header("access-control-allow-headers")).toContain("Authorization");
  const { secret } = (await ada.post("/tokens", { name: "app", scopes: ["read", "write"] })).json();
  const bearer = { origin, authorization: `Bearer ${secret}` };
  const answers = [
    preflight,
    await browser.get("/checklists", { origin, cookie: ada.cookie }),
    await browser.post("/checklists", { name: "by a token" }, bearer),
  ];
  expect(answers.map(({ status }) => status)).toEqual([204, 200, 201]);
  for (const { headers } of answers) expect(headers.get("access-control-allow-credentials")).toBeNull();
});

describe("credentials in the wrong place", () => {
  test("two cookies of one name, as when a sibling domain sets one: none counts", async () => {
    const tossed = `todos=${"x".repeat(43)}`;
    for (const cookie of [`${ada.cookie}; ${tossed}`, `${tossed}; ${ada.cookie}`]) {
      expect((await browser.get("/me", { cookie })).status).toBe(401);
    }
    expect((await browser.get("/me", { cookie: `a=b; ${ada.cookie}` })).status).toBe(200);
  });

  test("Authorization counts alone: a bad token beside a good cookie → 401", async () => {
    expect((await browser.get("/me", { cookie: ada.cookie, authorization: "Bearer nonsense" })).status).toBe(
      401,
    );
  });

  test("in the query, in a body or by Basic → 401 with WWW-Authenticate: Bearer", async () => {
    const { secret } = (await ada.post("/tokens", { name: "t", scopes: ["read", "write"] })).json();
    const refused = [
      await browser.get(`/agenda?until=2030-01-01&checklist=${secret}`),
      await browser.post("/checklists", { name: "x", token: secret, authorization: `Bearer ${secret}` }),
      await browser.get("/checklists", { authorization: `Basic ${btoa(`ada:${secret}`)}` }),
    ];
    for (const reply of refused)
      expect([problem(reply).code, reply.header("www-authenticate")]).toEqual(["unauthenticated", "Bearer"]);
  });

  test("neither a token nor a session's secret is in the log, wherever a client puts it", async () => {
    const { secret } = (await ada.post("/tokens", { name: "t", scopes: ["read"] })).json();
    const session = ada.cookie.slice("todos=".length);
    await browser.get(`/tasks/${secret}?access_token=${secret}`, { authorization: `Bearer ${secret}` });
    await browser.get(`/nothing/${secret}?session=${session}`, { cookie: ada.cookie });
    await browser.get("/me", { authorization: `Bearer ${secret}`, referer: `${service.url}/?t=${secret}` });
    await browser.get("/problems/unauthenticated", { "x-request-id": "the-last-one" });
    await service.logged(({ requestId }) => requestId === "the-last-one");
    const log = JSON.stringify(service.log());
    expect([log.includes(String(secret)), log.includes(session)]).toEqual([false, false]);
  });
});

test("DNS rebinding: a page that gives our address its own name has no cookie of ours, and on loopback no answer", async () => {
  const evil = { host: "evil.example", origin: "http://evil.example", "sec-fetch-site": "same-origin" };
  expect((await browser.get("/checklists", evil)).status).toBe(401);
  expect((await browser.post("/checklists", { name: "forged" }, evil)).status).toBe(401);
  await using strict = await startWithAccounts({ TODOS_ALLOWED_HOSTS: "" });
  expect((await strict.nobody.post("/sessions", { login: "ada" }, evil)).status).toBe(421);
});
