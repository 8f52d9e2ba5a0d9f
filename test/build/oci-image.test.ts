import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UNKNOWN_COMMIT } from "../../scripts/build/commit.ts";
import { bundledFiles, compile } from "../../scripts/build/compile.ts";
import { contentsOf } from "../../scripts/build/contents.ts";
import { TARGETS } from "../../scripts/build/targets.ts";
import { builtBinary, finished, ROOT } from "../support/binary.ts";
import { type Container, imageLack, startedContainer } from "../support/image.ts";
import { CACHED_IMAGE_BYTES_MAX, IMAGE_BYTES_MAX, piecesCache } from "../support/oci/pieces.ts";
import { startedRegistry, type TestRegistry } from "../support/oci/registry.ts";
import { passedBefore, recordPassed } from "./inputs.ts";

const BUILD_DEADLINE_MS = 600_000;
const START_DEADLINE_MS = 60_000;
const POLL_MS = 50;
const GZIP = ["--compression", "gzip"];
const unchanged = await passedBefore(ROOT, "images");
const lack = imageLack(["docker-registry", "skopeo", "umoci", "runc"]);
const emulator = Bun.which("qemu-aarch64-static");

interface Synthesized {
  readonly digest: string;
  readonly compressedBytes: number;
  readonly program: { readonly sha256: string };
}

describe.skipIf(lack !== undefined)(
  `the image that the executable builds out of itself (${lack ?? "skopeo, umoci and runc are there"})`,
  () => {
    let folder: string;
    let binary: string;
    let built: Synthesized;
    let registry: TestRegistry;
    /** Of the slow ones. */
    let passed = 0;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "todos-oci-"));
      binary = await builtBinary();
      registry = await startedRegistry();
      // What is not about the size uses the compression that takes a tenth of the time.
      built = await synth("one", GZIP);
    }, BUILD_DEADLINE_MS);
    afterAll(async () => {
      await registry[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
      if (passed === 3) await recordPassed(ROOT, "images");
    });

    /** @param cache what earlier builds kept; by default nothing, so that everything is compressed again */
    async function synth(
      name: string,
      flags: readonly string[] = [],
      cache = join(folder, `${name}-cache`),
    ): Promise<Synthesized> {
      const argv = [binary, "synth", "--output", join(folder, name), "--json", ...flags];
      const environment = { XDG_CACHE_HOME: cache };
      const { exitCode, stdout, stderr } = await finished(argv, { cwd: folder, environment });
      if (exitCode !== 0) throw new Error(`synth failed:\n${stderr}`);
      return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
    }

    /** The image's files, as umoci unpacks them; the one of Debian 12 knows gzip only. */
    async function unpacked(name: string): Promise<string> {
      const to = join(folder, `${name}-unpacked`);
      const argv = ["umoci", "unpack", "--image", `${folder}/${name}/image:latest`, to];
      const { exitCode, stdout, stderr } = await finished(argv);
      if (exitCode !== 0) throw new Error(`umoci could not unpack the image:\n${stdout}${stderr}`);
      return join(to, "rootfs");
    }

    test.skipIf(unchanged)(
      "has the same digest in another folder (when the build changed)",
      async () => {
        expect((await synth("one-again/deeper", GZIP)).digest).toBe(built.digest);
        passed++;
      },
      BUILD_DEADLINE_MS,
    );

    /** Expects a layout that other tools can read. */
    async function expectSmall(small: Synthesized, name: string, bytesMax: number): Promise<void> {
      expect(small.compressedBytes).toBeLessThanOrEqual(bytesMax);
      const inspected = await finished(["skopeo", "inspect", `oci:${folder}/${name}/image:latest`]);
      expect(JSON.parse(inspected.stdout)).toMatchObject({ Digest: small.digest });
      const [megabytes, most] = [small.compressedBytes, bytesMax].map((bytes) => (bytes / 1e6).toFixed(1));
      console.log(`note: image ${megabytes} MB compressed (at most ${most})`);
    }

    test(
      "is within its size limit",
      async () => {
        const small = await synth("small", [], await piecesCache(binary));
        await expectSmall(small, "small", CACHED_IMAGE_BYTES_MAX);
      },
      BUILD_DEADLINE_MS,
    );

    test.skipIf(unchanged)(
      "compressed as users do, is within its size limit and has the same digest in another folder (when the build changed)",
      async () => {
        const small = await synth("small-once");
        await expectSmall(small, "small-once", IMAGE_BYTES_MAX);
        expect((await synth("small-again/deeper")).digest).toBe(small.digest);
        passed++;
      },
      BUILD_DEADLINE_MS,
    );

    test("comes with the templates that deploy applies", async () => {
      for (const stack of ["network", "registry", "keyspaces", "cluster", "ecs"]) {
        const written = await Bun.file(join(folder, `one/templates/${stack}.yaml`)).text();
        expect(written).toBe(await Bun.file(join(ROOT, `deploy/${stack}.yaml`)).text());
      }
    });

    test(
      "runs on a read-only root as a non-root user, contains no shell, and passes todos healthcheck",
      async () => {
        const rootfs = await unpacked("one");
        const programs = readdirSync(rootfs, { recursive: true, encoding: "utf8" }).filter((path) => {
          const stat = statSync(join(rootfs, path), { throwIfNoEntry: false });
          return stat?.isFile() && (stat.mode & 0o111) !== 0 && !/^lib/.test(path);
        });
        expect(programs).toEqual(["usr/local/bin/todos"]);
        expect(statSync(join(rootfs, "data")).uid).toBe(65532);
        const inspected = await finished(["skopeo", "inspect", "--config", `oci:${folder}/one/image:latest`]);
        const { config } = JSON.parse(inspected.stdout);
        const port = freePort();
        const environment = { TODOS_HOST: "127.0.0.1", TODOS_PORT: `${port}`, TODOS_DRAIN_DELAY_MS: "0" };
        const container = await startedContainer(folder, { config, rootfs }, environment);
        try {
          await expectHealthy(container, port);
        } finally {
          expect(await container.stop()).toBe(0);
        }
      },
      BUILD_DEADLINE_MS,
    );

    async function expectHealthy(container: Container, port: number): Promise<void> {
      const deadline = Date.now() + START_DEADLINE_MS;
      while (Date.now() < deadline) {
        const answer = await fetch(`http://127.0.0.1:${port}/actuator/health`).catch(() => undefined);
        if (answer?.ok) break;
        await Bun.sleep(POLL_MS);
      }
      const checked = await container.exec("todos", "healthcheck");
      expect(checked).toMatchObject({ exitCode: 0, output: expect.stringContaining("UP") });
      expect((await container.mounts()).get("/")).toMatch(/^ro\b/);
    }

    function freePort(): number {
      using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
      return server.port ?? 0;
    }

    test(
      "sent with skopeo, passes todos verify-image, which tells it from another program",
      async () => {
        const { username, password } = registry.credentials;
        const name = `127.0.0.1:${registry.port}/todos`;
        const to = ["--dest-tls-verify=false", "--dest-creds", `${username}:${password}`];
        const source = `oci:${folder}/one/image:latest`;
        const copied = await finished([
          "skopeo",
          "copy",
          "--preserve-digests",
          ...to,
          source,
          `docker://${name}:1`,
        ]);
        expect(copied).toMatchObject({ exitCode: 0 });
        const environment = { TODOS_REGISTRY_USER: username, TODOS_REGISTRY_PASSWORD: password };
        const proved = await finished([binary, "verify-image", `${name}@${built.digest}`], { environment });
        expect(proved).toEqual({
          exitCode: 0,
          stdout: `${name}@${built.digest} is this program: SHA-256 ${built.program.sha256}\n`,
          stderr: "",
        });
        const changed = join(folder, "changed");
        await Bun.write(changed, new Blob([await Bun.file(binary).bytes(), "more"]));
        const argv = [binary, "verify-image", `${name}:1`, "--binary", changed];
        const other = await finished(argv, { environment });
        expect(other.exitCode).toBe(1);
        expect(other.stdout).toContain(`its /usr/local/bin/todos has the SHA-256 ${built.program.sha256}`);
        const wrong = { ...environment, TODOS_REGISTRY_PASSWORD: "wrong" };
        const refused = await finished([binary, "verify-image", `${name}:1`], { environment: wrong });
        expect(refused.exitCode).toBe(1);
        expect(refused.stderr).toContain("rejected the password of deployer for todos.");
      },
      BUILD_DEADLINE_MS,
    );

    test("Ctrl-C while it compresses: 130, and no layout", async () => {
      const output = join(folder, "stopped");
      const argv = [binary, "synth", "--output", output, "--json"];
      const env = { PATH: process.env.PATH ?? "" };
      const child = Bun.spawn(argv, { env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
      const reader = child.stdout.getReader();
      expect((await reader.read()).done).toBe(false);
      child.kill("SIGINT");
      expect(await child.exited).toBe(130);
      expect(await Bun.file(join(output, "image/index.json")).exists()).toBe(false);
    });

    test.skipIf(unchanged || emulator === null)(
      unchanged
        ? "for arm64, from --binary: contains its own base, and the program runs on it (when the build changed)"
        : "for arm64, from --binary: contains its own base, and the program runs on it under qemu-user-static",
      async () => {
        const arm64 = TARGETS.find(({ name }) => name === "linux-arm64");
        if (!arm64) throw new Error("no target linux-arm64");
        const path = join(folder, "arm64/todos");
        const contents = await contentsOf(ROOT, await bundledFiles(ROOT), UNKNOWN_COMMIT);
        await compile(ROOT, arm64, contents, path);
        await synth("for-arm64", ["--binary", path, ...GZIP]);
        const image = join(folder, "for-arm64/image");
        const inspected = await finished([
          "skopeo",
          "inspect",
          "--override-arch",
          "arm64",
          `oci:${image}:latest`,
        ]);
        expect(JSON.parse(inspected.stdout)).toMatchObject({ Architecture: "arm64", Os: "linux" });
        const rootfs = await unpacked("for-arm64");
        const program = join(rootfs, "usr/local/bin/todos");
        const ran = await finished(["qemu-aarch64-static", "-L", rootfs, program, "version", "--json"]);
        expect(JSON.parse(ran.stdout)).toMatchObject({ platform: "linux-arm64" });
        passed++;
      },
      BUILD_DEADLINE_MS,
    );
  },
);
