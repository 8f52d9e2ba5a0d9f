import { afterAll, beforeAll, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runtimeFor } from "../../scripts/build/runtime.ts";
import { hostTarget, TARGETS } from "../../scripts/build/targets.ts";
import { finished, ROOT } from "../support/binary.ts";
import { passedBefore, recordPassed } from "./inputs.ts";

const BUILD_DEADLINE_MS = 600_000;
/** Where Debian's libc6-arm64-cross puts the libraries that the emulator loads. */
const ARM64_LIBRARIES = "/usr/aarch64-linux-gnu";
const canRunArm64 = Bun.which("qemu-aarch64-static") !== null && (await hasArm64Libraries());

const elsewhere = TARGETS.find(({ name }) => name !== hostTarget().name) ?? hostTarget();
const unchanged = await passedBefore(ROOT, "cross");
/** Of those that look at the built files. */
let passed = 0;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "todos-cross-"));
  if (unchanged) return;
  const build = await finished([process.execPath, "scripts/build.ts", "--all"]);
  expect(build).toMatchObject({ exitCode: 0 });
}, BUILD_DEADLINE_MS);
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  if (passed === 3) await recordPassed(ROOT, "cross");
});

function hasArm64Libraries(): Promise<boolean> {
  return Bun.file(join(ARM64_LIBRARIES, "lib/ld-linux-aarch64.so.1")).exists();
}

async function start(target: string, bytes: number): Promise<Uint8Array> {
  return await Bun.file(join(ROOT, "dist", target, "todos"))
    .slice(0, bytes)
    .bytes();
}

test.skipIf(unchanged)(
  "each target's file is an executable of that system and processor (when the build changed)",
  async () => {
    const elf = { magic: [0x7f, 0x45, 0x4c, 0x46], processorAt: 18 };
    const machO = { magic: [0xcf, 0xfa, 0xed, 0xfe], processorAt: 4 };
    const expected = [
      { target: "linux-x64", ...elf, processor: 0x3e },
      { target: "linux-arm64", ...elf, processor: 0xb7 },
      { target: "darwin-x64", ...machO, processor: 0x07 },
      { target: "darwin-arm64", ...machO, processor: 0x0c },
    ];
    for (const { target, magic, processorAt, processor } of expected) {
      const header = await start(target, processorAt + 1);
      expect([...header.slice(0, 4)]).toEqual(magic);
      expect(header[processorAt]).toBe(processor);
    }
    passed++;
  },
);

test.skipIf(unchanged)(
  "SHA256SUMS names every target's file and its checksum (when the build changed)",
  async () => {
    const lines = (await Bun.file(join(ROOT, "dist/SHA256SUMS")).text()).trimEnd().split("\n");
    expect(lines.map((line) => line.split("  ")[1])).toEqual(TARGETS.map(({ name }) => `${name}/todos`));
    for (const line of lines) {
      const [digest, path = ""] = line.split("  ");
      const bytes = await Bun.file(join(ROOT, "dist", path)).bytes();
      expect(createHash("sha256").update(bytes).digest("hex")).toBe(digest ?? "");
    }
    passed++;
  },
);

test.skipIf(unchanged || !canRunArm64)(
  unchanged
    ? "the arm64 binary runs (when the build changed)"
    : "the arm64 binary runs, under qemu-user-static with libc6-arm64-cross",
  async () => {
    const binary = join(ROOT, "dist/linux-arm64/todos");
    const ran = await finished(["qemu-aarch64-static", "-L", ARM64_LIBRARIES, binary, "version", "--json"]);
    expect(ran.exitCode).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({ platform: "linux-arm64", bun: Bun.version });
    passed++;
  },
);

test("without the registry, a build for another target says what it could not fetch and what to do", async () => {
  await cp(join(ROOT, "package-lock.json"), join(folder, "package-lock.json"));
  await Bun.write(
    join(folder, ".npmrc"),
    "registry=http://127.0.0.1:9/\nfetch-retries=0\ncache=./npm-cache\n",
  );
  await Bun.write(join(folder, "package.json"), "{}");
  const failure = await runtimeFor(elsewhere, folder).catch((error: unknown) => error);
  expect(String(failure)).toContain(`${elsewhere.packageName}@${Bun.version}, could not be fetched`);
  expect(String(failure)).toContain("ECONNREFUSED");
  expect(String(failure)).toContain("Check the network");
});
