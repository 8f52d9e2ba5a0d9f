import { describe, expect, test } from "bun:test";
import { Client, problem } from "../../support/client.ts";
import { rawAnswer } from "../../support/raw.ts";
import { type Service, type Settings, startService } from "../../support/service.ts";

/** A service with default settings. */
function start(settings: Settings = {}): Promise<Service> {
  return startService({ TODOS_ALLOWED_HOSTS: "", ...settings });
}

const EVIL = { host: "evil.example:8181" };
const MISDIRECTED = { status: 421, code: "misdirected-request", pointers: [] };

async function statusFor(service: Service, host: string, more: Record<string, string> = {}): Promise<number> {
  return (await new Client(service.url).get("/", { host, ...more })).status;
}

describe("on a loopback address", () => {
  test("a Host that a web page could have → 421 everywhere, and nothing is written", async () => {
    await using service = await start({ TODOS_MANAGEMENT_PORT: "0" });
    const client = new Client(service.url);
    const paths = ["/", "/tasks", "/events", "/docs", "/actuator/health", "/problems", "/nothing/here"];
    for (const path of paths) {
      const reply = await client.get(path, EVIL);
      expect([path, problem(reply)]).toEqual([path, MISDIRECTED]);
    }
    const management = new Client(service.managementUrl ?? "");
    for (const path of ["/actuator/loggers", "/actuator/health", "/actuator/env"])
      expect([path, problem(await management.get(path, EVIL))]).toEqual([path, MISDIRECTED]);
    expect(problem(await client.post("/tasks", { todo: "written by a page" }, EVIL))).toEqual(MISDIRECTED);
    expect((await client.get("/tasks")).text).not.toContain("written by a page");
  });

  test("the problem's type is a page of ours, which says what to set", async () => {
    await using service = await start();
    const client = new Client(service.url);
    const { type } = (await client.get("/", EVIL)).json();
    expect(type).toBe(`${service.url}/problems/misdirected-request`);
    expect((await client.get(type)).text).toContain("TODOS_ALLOWED_HOSTS");
  });

  test("loopback names are accepted, however they are spelled, and so is a client without Host", async () => {
    await using service = await start();
    const good = ["localhost", "LocalHost.:8181", "todos.localhost", "127.0.0.1:1", "127.8.8.8", "[::1]:81"];
    for (const host of [...good, "[0:0:0:0:0:0:0:1]"])
      expect([host, await statusFor(service, host)]).toEqual([host, 200]);
    const bad = ["localhost.evil.example", "127.0.0.1.evil.example", "[::2]", "10.0.0.1", "0.0.0.0:8181"];
    for (const host of bad) expect([host, await statusFor(service, host)]).toEqual([host, 421]);
    expect(await rawAnswer(service.url, "GET / HTTP/1.0\r\n\r\n")).toStartWith("HTTP/1.1 200");
    const broken = "GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n";
    expect(await rawAnswer(service.url, broken)).toStartWith("HTTP/1.1 400");
  });

  test("an earlier good request on the same connection changes nothing", async () => {
    await using service = await start();
    const get = (host: string, more = "") => `GET /tasks HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;
    const answers = await rawAnswer(
      service.url,
      get("localhost") +
        get("evil.example") +
        get("localhost") +
        get("evil.example", "Connection: close\r\n"),
    );
    expect([...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1])).toEqual([
      "200",
      "421",
      "200",
      "421",
    ]);
  });

  test("TODOS_ALLOWED_HOSTS adds names, and TODOS_PUBLIC_URL adds its own", async () => {
    await using service = await start({
      TODOS_ALLOWED_HOSTS: "todos.example, *.team.example",
      TODOS_PUBLIC_URL: "https://public.example/api",
    });
    for (const host of [
      "todos.example:8181",
      "TODOS.example.",
      "a.team.example",
      "public.example",
      "localhost",
    ])
      expect([host, await statusFor(service, host)]).toEqual([host, 200]);
    for (const host of ["evil.example", "team.example", "evil-todos.example"])
      expect([host, await statusFor(service, host)]).toEqual([host, 421]);
  });
});

describe("a host that a proxy reports", () => {
  const TRUSTED = { TODOS_TRUSTED_PROXIES: "127.0.0.1, ::1" };
  const told = { "x-forwarded-host": "todos.example" };

  test("is accepted if no names are listed, but does not rescue a foreign Host", async () => {
    await using service = await start(TRUSTED);
    expect(await statusFor(service, "127.0.0.1", told)).toBe(200);
    expect(await statusFor(service, "evil.example", { "x-forwarded-host": "localhost" })).toBe(421);
  });

  test("is checked against TODOS_ALLOWED_HOSTS, if a trusted proxy reports it", async () => {
    const allowed = { TODOS_ALLOWED_HOSTS: "todos.example" };
    await using service = await start({ ...TRUSTED, ...allowed });
    expect(await statusFor(service, "127.0.0.1", told)).toBe(200);
    expect(await statusFor(service, "127.0.0.1", { "x-forwarded-host": "evil.example" })).toBe(421);
    await using untrusting = await start(allowed);
    expect(await statusFor(untrusting, "127.0.0.1", { "x-forwarded-host": "evil.example" })).toBe(200);
  });
});

describe("on any other address", () => {
  test("every Host is accepted, until names are listed; loopback names always are", async () => {
    await using open = await start({ TODOS_HOST: "0.0.0.0" });
    const url = open.url.replace("0.0.0.0", "127.0.0.1");
    expect((await new Client(url).get("/", EVIL)).status).toBe(200);
    await using listed = await start({ TODOS_HOST: "0.0.0.0", TODOS_ALLOWED_HOSTS: "todos.example" });
    const client = new Client(listed.url.replace("0.0.0.0", "127.0.0.1"));
    expect((await client.get("/actuator/health/startup")).status).toBe(200);
    expect(problem(await client.get("/", EVIL))).toEqual(MISDIRECTED);
  });
});
