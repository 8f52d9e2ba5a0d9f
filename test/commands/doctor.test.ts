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
