import { describe, expect, test } from "bun:test";
import { Client, type Json } from "../../support/client.ts";
import { rawAnswer } from "../../support/raw.ts";
import { type Settings, startService } from "../../support/service.ts";

/** The start of the root's links in one answer. */
async function baseFor(headers: Record<string, string>, settings: Settings = {}): Promise<string> {
  await using service = await startService(settings);
  const root = await new Client(service.url).get("/", headers);
  return root.link("self").replace(/\/$/, "").replace(service.url, "own");
}

const TRUSTED = { TODOS_TRUSTED_PROXIES: "127.0.0.1, ::1" };
const STANDARD = { TODOS_FORWARDED_HEADERS: "forwarded" };

describe("links start with", () => {
  test("the Host of the request", async () => {
    expect(await baseFor({ host: "todos.example:8080" })).toBe("http://todos.example:8080");
    expect(await baseFor({ host: "[2001:db8::7]:81" })).toBe("http://[2001:db8::7]:81");
    for (const host of ["a", "db", "a.b", "x:1"]) expect(await baseFor({ host })).toBe(`http://${host}`);
  });

  test("TODOS_PUBLIC_URL, including its path, whatever a request or a trusted proxy says", async () => {
    const settings = { ...TRUSTED, TODOS_PUBLIC_URL: "https://todos.example/api/" };
    const headers = { host: "other.example", "x-forwarded-host": "evil.example" };
    expect(await baseFor(headers, settings)).toBe("https://todos.example/api");
  });

  const told: readonly [string, Record<string, string>, string, Settings?][] = [
    [
      "Forwarded",
      { forwarded: 'for=192.0.2.1;host="a.example:8443";proto=https' },
      "https://a.example:8443",
      STANDARD,
    ],
    [
      "the last Forwarded element",
      { forwarded: "host=evil.example;proto=http, host=a.example;proto=https" },
      "https://a.example",
      STANDARD,
    ],
    [
      "Forwarded with an IPv6 host",
      { forwarded: 'proto=https;host="[2001:db8::1]:444"' },
      "https://[2001:db8::1]:444",
      STANDARD,
    ],
    [
      "Forwarded with proto alone",
      { host: "c.example", forwarded: "proto=https" },
      "https://c.example",
      STANDARD,
    ],
    [
      "X-Forwarded-Host and -Proto",
      { "x-forwarded-host": "x.example", "x-forwarded-proto": "https" },
      "https://x.example",
    ],
    [
      "X-Forwarded-Port",
      { "x-forwarded-host": "x.example", "x-forwarded-port": "8443" },
      "http://x.example:8443",
    ],
    [
      "no X-Forwarded-Port that goes without saying",
      { "x-forwarded-host": "x.example", "x-forwarded-port": "443", "x-forwarded-proto": "https" },
      "https://x.example",
    ],
    [
      "X-Forwarded-Prefix",
      { "x-forwarded-host": "x.example", "x-forwarded-prefix": "/todo/" },
      "http://x.example/todo",
    ],
    [
      "X-Forwarded-*, and not what a client says in Forwarded",
      { forwarded: "host=evil.example", "x-forwarded-host": "x.example" },
      "http://x.example",
    ],
    [
      "Forwarded, and not what a client says in X-Forwarded-*",
      { forwarded: "host=f.example", "x-forwarded-host": "evil.example", "x-forwarded-prefix": "/evil" },
      "http://f.example",
      STANDARD,
    ],
    [
      "the last X-Forwarded-Host",
      { "x-forwarded-host": "evil.example, x.example", "x-forwarded-for": "127.0.0.1, 192.0.2.1" },
      "http://x.example",
    ],
  ];

  for (const [what, headers, base, settings] of told) {
    test(`${what} of a trusted proxy, but not of another peer`, async () => {
      expect(await baseFor(headers, { ...TRUSTED, ...settings })).toBe(base);
      const own = headers.host === undefined ? "own" : `http://${headers.host}`;
      expect(await baseFor(headers)).toBe(own);
      expect(await baseFor(headers, { TODOS_TRUSTED_PROXIES: "10.0.0.0/8" })).toBe(own);
    });
  }

  test("an IPv6 address if the service listens on one, and a trusted peer may have one", async () => {
    await using service = await startService({ ...TRUSTED, ...STANDARD, TODOS_HOST: "::1" });
    expect(service.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
    const client = new Client(service.url);
    expect((await client.get("/")).link("self")).toBe(`${service.url}/`);
    const told = { forwarded: 'host="[2001:db8::1]";proto=https' };
    expect((await client.get("/", told)).link("self")).toBe("https://[2001:db8::1]/");
  });

  test("nothing that could break out of a URL, even from a trusted proxy", async () => {
    const hosts = ["a.example/path", "user@a.example", 'a"b', "a.example#x"];
    for (const host of hosts) expect(await baseFor({ "x-forwarded-host": host }, TRUSTED)).toBe("own");
    expect(await baseFor({ forwarded: "proto=javascript" }, { ...TRUSTED, ...STANDARD })).toBe("own");
    expect(await baseFor({ "x-forwarded-prefix": "//evil.example/<b>" }, TRUSTED)).toBe("own");
  });

  test("the service's own address if an HTTP/1.0 client names no host", async () => {
    await using service = await startService();
    const answer = await rawAnswer(service.url, "GET / HTTP/1.0\r\n\r\n");
    expect(answer).toContain(`"self":{"href":"${service.url}/"}`);
  });
});

test("every link of a representation has the base of its request, and Location is self", async () => {
  await using service = await startService();
  const client = new Client(service.url);
  const host = { host: "told.example" };
  const created = await client.post("/checklists", { name: "Linked" }, host);
  expect(created.header("location")).toBe(created.link("self"));
  const task = await client.post(
    created.link("tasks").replace("http://told.example", ""),
    { todo: "x" },
    host,
  );
  expect(task.header("location")).toBe(task.link("self"));
  const page = await client.get(`/tasks?checklist=${created.json().id}`, host);
  expect(hrefs(page.json()).filter((href) => !href.startsWith("http://told.example/"))).toEqual([]);
  expect(hrefs(page.json()).length).toBeGreaterThanOrEqual(5);
});

function hrefs(value: Json): string[] {
  return [...JSON.stringify(value).matchAll(/"href":"([^"]*)"/g)].map((match) => match[1] ?? "");
}
