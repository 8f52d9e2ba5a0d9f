import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { MAIN, scratchFolder, served, todos } from "./todos-process.ts";

describe("healthcheck", () => {
  test("UP and 0 while the service runs, 1 and the reason afterwards", async () => {
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

describe("serve on an address that it can't use", () => {
  const NOBODY = "--reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all";
  const isRoot = process.getuid?.() === 0;
  const lowPortsNeedRights =
    process.platform === "linux" &&
    Number(readFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start", "utf8")) > 80;

  test.skipIf(!lowPortsNeedRights || (isRoot && Bun.which("setpriv") === null))(
    "port 80 without rights → the port and what to do (needs setpriv when run as root)",
    () => {
      const prefix = isRoot ? ["setpriv", ...NOBODY.split(" ")] : [];
      const words = [process.execPath, MAIN, "--port", "80", "--sqlite", "/nowhere/a.db"];
      const { exitCode, stderr } = Bun.spawnSync([...prefix, ...words], { env: { HOME: "/" }, cwd: "/" });
      expect(stderr.toString()).toStartWith(
        "todos: this user may not listen on port 80\n  choose a port above 1023",
      );
      expect(exitCode).toBe(1);
    },
  );

  test("another host's address → that address and its setting", async () => {
    const { code, stderr } = await todos(["--host", "192.0.2.1", "--sqlite", "/nowhere/a.db"]);
    expect(code).toBe(1);
    expect(stderr).toStartWith("todos: can't listen on 192.0.2.1: it is not an address of this host\n");
    expect(stderr).toContain("TODOS_HOST");
  });
});

describe("smoke", () => {
  test("a working service passes every check, and nothing is left behind", async () => {
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
    expect(await checklistNames(service.url, "/trash")).toEqual([]);
  });

  test("a service that breaks PATCH fails that check, and the created data is still removed", async () => {
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

  test("nothing listens there → 1, said once", async () => {
    const { code, stdout, stderr } = await todos(["smoke", "http://127.0.0.1:1"]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toStartWith("todos: can't reach http://127.0.0.1:1: connection refused\n");
  });

  test("a self-signed certificate → 1 with the flag that accepts it, and success with the flag", async () => {
    using folder = scratchFolder();
    const [cert, key] = [folder.file("cert.pem"), folder.file("key.pem")];
    const request =
      "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost";
    Bun.spawnSync(["openssl", ...request.split(" "), "-keyout", key, "-out", cert]);
    await using service = await served(folder.file("a.db"), { TODOS_TLS_CERT: cert, TODOS_TLS_KEY: key });
    const refused = await todos(["smoke", service.url]);
    expect([refused.code, refused.stdout]).toEqual([1, ""]);
    expect(refused.stderr).toContain("its certificate is not trusted (");
    expect(refused.stderr).toContain("add --insecure");
    expect((await todos(["smoke", service.url, "--insecure"])).code).toBe(0);
  });
});

async function checklistNames(url: string, path = "/checklists"): Promise<unknown> {
  const page: unknown = await (await fetch(new URL(path, url))).json();
  return (page as { _embedded: { checklists: { name: string }[] } })._embedded.checklists.map(
    ({ name }) => name,
  );
}
