import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, statSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished, ROOT } from "../support/binary.ts";
import { builtImage, type Container, type Image, imageLack, startedContainer } from "../support/image.ts";
import { passedBefore, recordPassed } from "./inputs.ts";

const BUILD_DEADLINE_MS = 600_000;
const START_DEADLINE_MS = 30_000;
const POLL_MS = 50;
const lack = imageLack();
const unchanged = await passedBefore(ROOT, "dockerfile");
let [shown, passed] = [0, 0];

/** A test that is skipped while nothing that decides about the image has changed: what is in the program does not. */
function shows(name: string, work: () => void | Promise<void>): void {
  shown++;
  test.skipIf(unchanged)(`${name}${unchanged ? " (when the build changed)" : ""}`, async () => {
    await work();
    passed++;
  });
}

describe.skipIf(lack !== undefined)(
  `the image, built by buildah and run by runc (${lack ?? "both there"})`,
  () => {
    let folder: string;
    let image: Image;
    let container: Container | undefined;
    let origin: string;

    beforeAll(async () => {
      if (unchanged) return;
      folder = await mkdtemp(join(tmpdir(), "todos-image-"));
      image = await builtImage(folder);
      const port = freePort();
      origin = `http://127.0.0.1:${port}`;
      const environment = { TODOS_HOST: "127.0.0.1", TODOS_PORT: `${port}`, TODOS_DRAIN_DELAY_MS: "0" };
      container = await startedContainer(folder, image, environment);
      await answering(`${origin}/actuator/health`);
    }, BUILD_DEADLINE_MS);

    afterAll(async () => {
      if (unchanged) return;
      await container?.stop();
      await finished([
        "buildah",
        "--root",
        join(folder, "root"),
        "--runroot",
        join(folder, "run"),
        "umount",
        "-a",
      ]);
      await rm(folder, { recursive: true, force: true });
      if (passed === shown) await recordPassed(ROOT, "dockerfile");
    });

    /** A port that was free a moment ago. */
    function freePort(): number {
      const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
      const { port } = server;
      server.stop(true);
      return port ?? 0;
    }

    /** Resolves once `url` gives 200. A container does not tell when it listens. */
    async function answering(url: string): Promise<void> {
      const deadline = Date.now() + START_DEADLINE_MS;
      while (Date.now() < deadline) {
        const response = await fetch(url).catch(() => undefined);
        if (response?.ok) return;
        await Bun.sleep(POLL_MS);
      }
      const logs = ["container.log", "container.err"].map((name) => Bun.file(join(folder, name)).text());
      throw new Error(`no answer from ${url}:\n${(await Promise.all(logs)).join("")}`);
    }

    shows("is what container operators expect: a numeric user, a volume, a port, a health check", () => {
      const { config } = image;
      expect(config.User).toBe("65532:65532");
      expect(Object.keys(config.Volumes)).toEqual(["/data"]);
      expect(Object.keys(config.ExposedPorts)).toEqual(["8181/tcp"]);
      expect(config.Healthcheck.Test).toEqual(["CMD", "todos", "healthcheck"]);
      expect(config.Entrypoint).toEqual(["todos"]);
      const expected = [
        "TODOS_HOST=0.0.0.0",
        "TODOS_SQLITE_PATH=/data/todos.db",
        "TODOS_DRAIN_DELAY_MS=20000",
      ];
      expect(config.Env).toEqual(expect.arrayContaining(expected));
    });

    shows("contains one program and no shell", async () => {
      const paths = await readdir(image.rootfs, { recursive: true });
      const programs = paths.filter((path) => {
        const stat = statSync(join(image.rootfs, path), { throwIfNoEntry: false });
        return stat?.isFile() && (stat.mode & 0o111) !== 0 && !/^lib/.test(path);
      });
      expect(programs).toEqual(["usr/local/bin/todos"]);
      expect(["bin/sh", "usr/bin/sh"].some((path) => existsSync(join(image.rootfs, path)))).toBe(false);
      expect(existsSync(join(image.rootfs, "etc/ssl/certs/ca-certificates.crt"))).toBe(true);
    });

    shows("serves on a read-only root as that user, and keeps its data in the volume", async () => {
      const created = await fetch(`${origin}/checklists`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ name: "from a container" }),
      });
      expect(created.status).toBe(201);
      const read = await fetch(created.headers.get("location") ?? "");
      expect(await read.json()).toMatchObject({ name: "from a container" });
      expect(statSync(join(folder, "bundle/data/todos.db")).uid).toBe(65532);
    });

    shows("todos healthcheck inside says UP and exits with 0", async () => {
      const ran = await container?.exec("todos", "healthcheck");
      expect(ran?.output).toContain("UP");
      expect(ran?.exitCode).toBe(0);
    });

    shows("its root is read-only, its volume is not", async () => {
      const ran = await container?.exec("todos", "backup", "/data/copy.db");
      expect(ran?.exitCode).toBe(0);
      const mounts = (await container?.mounts()) ?? new Map();
      expect(mounts.get("/")).toMatch(/^ro\b/);
      expect(mounts.get("/data")).toMatch(/^rw\b/);
    });

    shows("SIGTERM ends it with 0", async () => {
      expect(await container?.stop()).toBe(0);
      container = undefined;
    });
  },
);
