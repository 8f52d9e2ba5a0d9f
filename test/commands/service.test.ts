import { describe, expect, test } from "bun:test";
import { scratchFolder, served, todos } from "./todos-process.ts";

describe("healthcheck", () => {
  test("UP and 0 while the service runs, 1 and why not afterwards", async () => {
    using folder = scratchFolder();
    const service = await served(folder.file("a.db"));
    const port = String(service.port);
    const up = await todos(["healthcheck", "--port", port, "--host", "0.0.0.0"]);
    expect(up).toEqual({ code: 0, stdout: "UP\n", stderr: "" });
    await service[Symbol.asyncDispose]();
    const down = await todos(["healthcheck", "--json"], { env: { TODOS_PORT: port } });
    expect(down.code).toBe(1);
    expect(JSON.parse(down.stdout)).toMatchObject({ status: "DOWN", detail: "connection refused" });
  });

  test("another program's answer is not UP", async () => {
    using other = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("UP") });
    const { code, stdout } = await todos(["healthcheck", "--port", String(other.port)]);
    expect(code).toBe(1);
    expect(stdout).toContain("answered 200");
  });
});

describe("smoke", () => {
  test("a service that works passes every check, and nothing is left behind", async () => {
    using folder = scratchFolder();
    await using service = await served(folder.file("a.db"));
    const { code, stdout, stderr } = await todos(["smoke", "--json", service.url]);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.filter(({ result }) => result !== "ok" && result !== undefined)).toEqual([]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(lines.at(-1)).toEqual({ summary: { ok: lines.length - 1, failed: 0, skipped: 0 } });
    expect(await checklistNames(service.url)).toEqual(["Inbox"]);
  });

  test("a service that breaks PATCH fails that check, and what was made is removed all the same", async () => {
    using folder = scratchFolder();
    await using service = await served(folder.file("a.db"));
    using broken = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: (request) => {
        if (request.method === "PATCH") return new Response("oops", { status: 500 });
        const { pathname, search } = new URL(request.url);
        const headers = new Headers(request.headers);
        headers.delete("host");
        return fetch(service.url.replace(/\/$/, "") + pathname + search, {
          method: request.method,
          headers,
          body: request.body,
          decompress: false,
        });
      },
    });
    const { code, stdout } = await todos(["smoke", `http://127.0.0.1:${broken.port}/`]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^failed {2}PATCH changes the members it names and no other$/m);
    expect(stdout).toContain("expected status 200, got 500 oops");
    expect(stdout).toMatch(/^ok {6}a checklist can be deleted once/m);
    expect(await checklistNames(service.url)).toEqual(["Inbox"]);
  });

  test("connection refused → 1, and checks that depend on it are skipped", async () => {
    const { code, stdout } = await todos(["smoke", "http://127.0.0.1:1"]);
    expect(code).toBe(1);
    expect(stdout).toContain("connection refused");
    expect(stdout).toMatch(/\n1 ok, 1 failed, \d+ skipped\n$/);
  });
});

async function checklistNames(url: string): Promise<unknown> {
  const page: unknown = await (await fetch(new URL("/checklists", url))).json();
  return (page as { _embedded: { checklists: { name: string }[] } })._embedded.checklists.map(
    ({ name }) => name,
  );
}
