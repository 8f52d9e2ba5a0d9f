import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { chmodSync } from "node:fs";
import { scratchFolder, served, todos } from "./todos-process.ts";

interface Finding {
  readonly check: string;
  readonly result: string;
  readonly message: string;
  readonly advice?: string;
}

/** Runs the doctor on a folder of its own. The port is any free one unless given. */
async function findings(folder: string, env: Record<string, string> = {}) {
  const { code, stdout } = await todos(["doctor", "--json"], {
    env: { TODOS_PORT: "0", TODOS_SQLITE_PATH: `${folder}/a.db`, ...env },
  });
  const all: Finding[] = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const of = (check: string): Finding | undefined => all.find((finding) => finding.check === check);
  return { code, all, of };
}

describe("doctor", () => {
  test("a new host: nothing fails, nothing is created", async () => {
    using folder = scratchFolder();
    const { code, all } = await findings(folder.path);
    expect(all.filter(({ result }) => result === "fail")).toEqual([]);
    expect(code).toBe(0);
    expect(all.length).toBeGreaterThanOrEqual(9);
    expect([...new Bun.Glob("*").scanSync({ cwd: folder.path, dot: true })]).toEqual([]);
  });

  test("names the process that serves the file, and reports that the service answers", async () => {
    using folder = scratchFolder();
    await using service = await served(folder.file("a.db"));
    const { code, of } = await findings(folder.path, { TODOS_PORT: String(service.port) });
    expect(code).toBe(0);
    expect(of("database")?.message).toContain(`served now by pid ${service.process.pid}`);
    expect(of("port")).toMatchObject({ result: "ok", message: expect.stringContaining("UP") });
  });

  test("a port in use by the service of another file fails: serve could not start", async () => {
    using folder = scratchFolder();
    await using other = await served(folder.file("other.db"));
    const port = String(other.port);
    const { code, of } = await findings(folder.path, { TODOS_PORT: port });
    expect([code, of("port")?.result]).toEqual([1, "fail"]);
    expect(of("port")?.message).toContain(`no process serves ${folder.file("a.db")}`);
    expect(of("port")?.advice).toContain("choose another port");
    const serving = await todos(["serve", "--port", port, "--sqlite", folder.file("a.db")]);
    expect(serving.code).toBe(1);
  });

  test("it also fails if this file is served on another port", async () => {
    using folder = scratchFolder();
    await using mine = await served(folder.file("a.db"));
    await using other = await served(folder.file("other.db"));
    const { code, of } = await findings(folder.path, { TODOS_PORT: String(other.port) });
    expect([code, of("port")?.result]).toEqual([1, "fail"]);
    expect(of("port")?.message).toContain(`served by pid ${mine.process.pid}, which listens elsewhere`);
    const own = await findings(folder.path, { TODOS_PORT: String(mine.port) });
    expect(own.of("port")?.result).toBe("ok");
  });

  test("configuration mistakes are findings, and everything else is still checked", async () => {
    using folder = scratchFolder();
    const { code, all, of } = await findings(folder.path, { TODOS_LOG_LEVEL: "loud", TODOS_PROT: "1" });
    expect(code).toBe(1);
    expect(all.filter(({ check }) => check === "configuration").map(({ result }) => result)).toEqual([
      "fail",
      "warn",
    ]);
    expect(of("clock")?.result).toBe("ok");
  });

  test("a port in use by another program fails", async () => {
    using folder = scratchFolder();
    using other = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () => new Response("hello", { status: 404 }),
    });
    const { code, of } = await findings(folder.path, { TODOS_PORT: String(other.port) });
    expect(code).toBe(1);
    expect(of("port")).toMatchObject({ result: "fail", message: expect.stringContaining("another program") });
  });

  test("a damaged database fails, with what to do", async () => {
    using folder = scratchFolder();
    await Bun.write(folder.file("a.db"), "this is a letter, and no database at all\n".repeat(50));
    const { code, of } = await findings(folder.path);
    expect(code).toBe(1);
    expect(of("database")).toMatchObject({
      result: "fail",
      advice: expect.stringContaining("todos restore"),
    });
  });

  test("a file instead of a folder fails, and every other check still runs", async () => {
    using folder = scratchFolder();
    await Bun.write(folder.file("data"), "");
    const { code, of } = await findings(folder.file("data"));
    expect([code, of("data folder")?.result, of("disk speed")?.result]).toEqual([1, "fail", "fail"]);
    expect(of("clock")?.result).toBe("ok");
  });

  test.skipIf(process.getuid?.() === 0)("a folder that is not writable fails (not as root)", async () => {
    using folder = scratchFolder();
    chmodSync(folder.path, 0o500);
    const { code, of } = await findings(folder.path);
    chmodSync(folder.path, 0o700);
    expect([code, of("data folder")?.result]).toEqual([1, "fail"]);
  });

  test.skipIf(Bun.which("openssl") === null)(
    "a certificate: its days, another's key, a missing file",
    async () => {
      using folder = scratchFolder();
      for (const name of ["one", "two"]) {
        const made = Bun.spawnSync(
          [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "5",
          ].concat(["-subj", "/CN=localhost", "-keyout", `${name}.key`, "-out", `${name}.pem`]),
          { cwd: folder.path },
        );
        expect(made.exitCode).toBe(0);
      }
      const withFiles = (cert: string, key: string) =>
        findings(folder.path, { TODOS_TLS_CERT: folder.file(cert), TODOS_TLS_KEY: folder.file(key) });
      const soon = await withFiles("one.pem", "one.key");
      expect(soon.of("certificate")).toMatchObject({
        result: "warn",
        advice: expect.stringContaining("renew"),
      });
      const mismatch = await withFiles("one.pem", "two.key");
      expect(mismatch.of("certificate")).toMatchObject({
        result: "fail",
        message: expect.stringContaining("not the key"),
      });
      const missing = await withFiles("three.pem", "one.key");
      expect([missing.code, missing.of("certificate")?.result]).toEqual([1, "fail"]);
    },
  );
});

describe("doctor, with accounts and without", () => {
  const ON = { TODOS_AUTH: "accounts" };

  test("accounts off: fine on a loopback address, a warning on any other", async () => {
    using folder = scratchFolder();
    expect((await findings(folder.path)).of("accounts")?.result).toBe("ok");
    const { code, of } = await findings(folder.path, { TODOS_HOST: "0.0.0.0" });
    expect([code, of("accounts")?.result]).toEqual([0, "warn"]);
    expect(of("accounts")?.message).toContain("anyone who reaches it may do everything");
  });

  test("cookies: for TLS only where the public URL says so, or TLS ends here; else what to set", async () => {
    using folder = scratchFolder();
    const cookies = async (env: Record<string, string>) =>
      (await findings(folder.path, { ...ON, ...env })).of("cookies");
    expect(await cookies({ TODOS_PUBLIC_URL: "https://todos.example" })).toMatchObject({ result: "ok" });
    expect(await cookies({})).toMatchObject({
      result: "ok",
      message: expect.stringContaining("on this host"),
    });
    const clear = expect.stringContaining("TODOS_PUBLIC_URL");
    for (const env of [
      { TODOS_HOST: "0.0.0.0" },
      { TODOS_PUBLIC_URL: "http://todos.example" },
      { TODOS_HOST: "0.0.0.0", TODOS_TRUSTED_PROXIES: "10.0.0.5" },
    ])
      expect(await cookies(env)).toMatchObject({ result: "warn", advice: clear });
  });

  test("users: none yet, no admin, an admin; and with accounts off serve refuses, unless told so", async () => {
    using folder = scratchFolder();
    const file = { TODOS_SQLITE_PATH: folder.file("a.db") };
    const users = async (env: Record<string, string>) => {
      const { code, of } = await findings(folder.path, env);
      return [code, of("users")?.result, of("users")?.message];
    };
    expect(await users(ON)).toEqual([0, undefined, undefined]);
    await todos(["migrate"], { env: file });
    expect(await users({})).toEqual([0, "ok", "none"]);
    expect(await users(ON)).toEqual([0, "warn", "there is none yet"]);
    expect((await todos(["user", "add", "--admin", "ada"], { env: file })).code).toBe(0);
    expect(await users(ON)).toEqual([0, "ok", "there is an admin"]);
    expect(await users({})).toEqual([
      1,
      "fail",
      "the store has users, and accounts are off: serve refuses to start",
    ]);
    expect((await users({ TODOS_IGNORE_USERS: "true" })).slice(0, 2)).toEqual([0, "warn"]);
    using db = new Database(folder.file("a.db"));
    db.run(
      "UPDATE account_record SET value = json_set(value, '$.disabled', json('true')) WHERE kind = 'user'",
    );
    expect((await users(ON)).slice(0, 2)).toEqual([0, "warn"]);
  });

  test("the OpenID provider: answers and agrees about the time, is late, is another, is not there", async () => {
    using folder = scratchFolder();
    const told = { issuer: "", lateMs: 0 };
    using provider = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: ({ url }) =>
        new URL(url).pathname === "/.well-known/openid-configuration"
          ? Response.json(
              { issuer: told.issuer },
              { headers: { date: new Date(Date.now() - told.lateMs).toUTCString() } },
            )
          : new Response(null, { status: 404 }),
    });
    const issuer = `http://127.0.0.1:${provider.port}`;
    const env = { ...ON, TODOS_OIDC_ISSUER: issuer, TODOS_OIDC_CLIENT_ID: "todos" };
    told.issuer = issuer;
    const fine = await findings(folder.path, env);
    expect([fine.code, fine.of("OpenID provider")?.message]).toEqual([0, `${issuer} answers`]);
    expect(fine.of("clock and provider")?.result).toBe("ok");
    told.lateMs = 120_000;
    const late = await findings(folder.path, env);
    expect([late.code, late.of("clock and provider")?.result]).toEqual([1, "fail"]);
    expect(late.of("clock and provider")?.message).toMatch(/clock is 1[12]\d s ahead of the provider's/);
    told.lateMs = -120_000;
    expect((await findings(folder.path, env)).of("clock and provider")?.message).toContain("s behind the");
    told.issuer = `${issuer}/`;
    const other = await findings(folder.path, env);
    expect([other.code, other.of("OpenID provider")?.message]).toEqual([
      1,
      `it calls itself ${issuer}/, not ${issuer}`,
    ]);
    await provider.stop(true);
    const gone = await findings(folder.path, env);
    expect([gone.code, gone.of("OpenID provider")?.message]).toEqual([
      1,
      `${issuer}/.well-known/openid-configuration can't be reached: connection refused`,
    ]);
  });
});
