import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ociImages } from "../../../src/adapters/oci/images.ts";
import { writeLayout } from "../../../src/adapters/oci/layout.ts";
import { type BuildRequest, type BuiltImage, ImageError } from "../../../src/application/deploy/images.ts";
import { finished } from "../../support/binary.ts";
import { elfHeader, standInExecutable } from "../../support/oci/executable.ts";

/** A byte of the ELF header without a meaning. */
const ELF_PADDING_AT = 9;

let folder: string;
let binaryPath: string;
let image: BuiltImage;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "todos-build-"));
  binaryPath = await standInExecutable(join(folder, "todos"));
  image = await build({});
});
afterAll(() => rm(folder, { recursive: true }));

function build(request: Partial<BuildRequest>): Promise<BuiltImage> {
  return ociImages.build({ binaryPath, architecture: "amd64", compression: "zstd", ...request });
}

const failure = (work: Promise<unknown>) => work.catch((error: unknown) => error);

describe("an image", () => {
  test("is what container operators expect: a numeric user, a volume, a port, a health check", async () => {
    const { config, architecture, os } = JSON.parse(await image.config.content.text());
    expect({ architecture, os }).toEqual({ architecture: "amd64", os: "linux" });
    expect(config).toMatchObject({
      User: "65532:65532",
      Volumes: { "/data": {} },
      ExposedPorts: { "8181/tcp": {} },
      Entrypoint: ["todos"],
      Healthcheck: { Test: ["CMD", "todos", "healthcheck"] },
    });
    const expected = ["TODOS_HOST=0.0.0.0", "TODOS_SQLITE_PATH=/data/todos.db", "TODOS_DRAIN_DELAY_MS=20000"];
    expect(config.Env).toEqual(expect.arrayContaining(expected));
  });

  test.each(["zstd", "gzip"] as const)(
    "has the same digest whenever and wherever it is built, %s",
    async (compression) => {
      const elsewhere = await standInExecutable(join(folder, "somewhere/else/program"));
      const [one, other] = [
        await build({ compression }),
        await build({ compression, binaryPath: elsewhere }),
      ];
      expect(one.digest).toBe(other.digest);
      expect(one.sbom.manifest.descriptor).toEqual(other.sbom.manifest.descriptor);
      const next = await standInExecutable(join(folder, "next"), { seed: 2 });
      expect((await build({ compression, binaryPath: next })).digest).not.toBe(one.digest);
    },
  );

  test("has the same digest with cached pieces, and with damaged cached pieces", async () => {
    const cacheFolder = join(folder, "cache");
    expect((await build({ cacheFolder })).digest).toBe(image.digest);
    const names = await readdir(cacheFolder);
    expect(names).toHaveLength(2);
    const sizes = names.map((each) => Bun.file(join(cacheFolder, each)).size);
    const name = names[sizes.indexOf(Math.max(...sizes))] ?? "";
    const asKept = await Bun.file(join(cacheFolder, name)).bytes();
    expect((await build({ cacheFolder })).digest).toBe(image.digest);
    const damages = [
      Buffer.alloc(0),
      Buffer.from("nonsense"),
      asKept.subarray(0, 5_000),
      Bun.zstdCompressSync("x"),
    ];
    for (const damage of damages) {
      await Bun.write(join(cacheFolder, name), damage);
      expect((await build({ cacheFolder })).digest).toBe(image.digest);
      expect(await Bun.file(join(cacheFolder, name)).bytes()).toEqual(asKept);
    }
  });

  test("compresses little again if only the ELF header differs, as in each build of the same runtime", async () => {
    const cacheFolder = join(folder, "header-cache");
    await build({ cacheFolder });
    const before = await readdir(cacheFolder);
    const changed = await Bun.file(binaryPath).bytes();
    changed[ELF_PADDING_AT] = 1;
    const next = join(folder, "other-header");
    await Bun.write(next, changed);
    expect((await build({ cacheFolder, binaryPath: next })).digest).not.toBe(image.digest);
    const added = (await readdir(cacheFolder)).filter((name) => !before.includes(name));
    expect(added).toHaveLength(1);
    const bytes = await Bun.zstdDecompress(await Bun.file(join(cacheFolder, added[0] ?? "")).bytes());
    expect(bytes).toHaveLength(65_536);
  });

  test("is also built if nothing can be cached", async () => {
    expect((await build({ cacheFolder: "/proc/nowhere" })).digest).toBe(image.digest);
    expect((await build({ cacheFolder: join(binaryPath, "below-a-file") })).digest).toBe(image.digest);
  });

  test("has custom labels, in any order", async () => {
    const one = await build({ labels: { a: "1", b: "2" } });
    expect((await build({ labels: { b: "2", a: "1" } })).digest).toBe(one.digest);
    const { config } = JSON.parse(await one.config.content.text());
    expect(config.Labels).toMatchObject({ a: "1", b: "2", "org.opencontainers.image.version": "0.0.0" });
  });

  test("reports its progress, and stops on request", async () => {
    const told: number[] = [];
    await build({ onProgress: ({ bytesDone, bytesTotal }) => void told.push(bytesDone / bytesTotal) });
    expect(told.at(-1)).toBe(1);
    expect(await failure(build({ signal: AbortSignal.abort() }))).toMatchObject({ name: "AbortError" });
  });
});

describe("what can't become an image: one sentence each", () => {
  const macOs = Buffer.from("cffaedfe", "hex");
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ["a program for macOS", macOs, "is a program for macOS, but a container runs Linux."],
    [
      "a program for Windows",
      Buffer.from("MZ\x90\x00"),
      "is a program for Windows, but a container runs Linux.",
    ],
    ["a text", Buffer.from("#!/bin/sh\n"), "is not a Linux executable."],
    ["nothing", Buffer.alloc(0), "is not a Linux executable."],
    [
      "a program for another processor",
      elfHeader(0xf3),
      "is a Linux executable, but for neither amd64 nor arm64.",
    ],
    [
      "a program for 32 bits",
      elfHeader(0x3e).fill(1, 4, 5),
      "is a Linux executable, but for neither amd64 nor arm64.",
    ],
    ["a program for FreeBSD", elfHeader(0x3e).fill(9, 7, 8), "is an executable, but not for Linux."],
    [
      "a program for arm64 where amd64 is wanted",
      elfHeader(0xb7),
      "is a Linux executable for arm64, but the image is for amd64.",
    ],
    ["a program that is not todos", elfHeader(0x3e), "is not a build of todos for Linux."],
  ];
  test.each(cases)("%s", async (_, bytes, sentence) => {
    const path = join(folder, "odd");
    await Bun.write(path, bytes);
    const error = await failure(build({ binaryPath: path }));
    expect(error).toMatchObject({ code: "bad-binary", message: `${path} ${sentence}` });
  });

  test("a file that does not exist, and a folder", async () => {
    const missing = join(folder, "missing");
    expect(await failure(build({ binaryPath: missing }))).toMatchObject({
      message: `${missing} can't be read: no such file.`,
    });
    expect(await failure(build({ binaryPath: folder }))).toMatchObject({
      message: `${folder} is not a file.`,
    });
  });

  test("a build of todos that was changed afterwards", async () => {
    const bytes = Buffer.from(await Bun.file(binaryPath).arrayBuffer());
    bytes.fill(0, bytes.length - 100_000, bytes.length - 99_000);
    await Bun.write(join(folder, "changed"), bytes);
    const error = await failure(build({ binaryPath: join(folder, "changed") }));
    expect(error).toMatchObject({
      message: `The parts of ${join(folder, "changed")} for its image are damaged.`,
    });
  });

  test.each([
    ["ghcr.io/a/b:1", 'The base "ghcr.io/a/b:1" has no digest, so it could change.'],
    ["b@sha256:1", "it must start with a registry's host"],
    ["localhost:5000/B@sha256:1", "\"B\" can't be a repository's name"],
    ["localhost:5000/b@sha256:1", "a digest is sha256: and 64 hexadecimal digits"],
  ])("the base %s", async (reference, sentence) => {
    const error = await failure(build({ base: { reference } }));
    expect(error).toBeInstanceOf(ImageError);
    expect(error).toMatchObject({ code: "bad-reference", message: expect.stringContaining(sentence) });
  });
});

describe.skipIf(Bun.which("skopeo") === null)("an image layout (needs skopeo)", () => {
  test("is one that skopeo reads; overwritten, it contains only the new image", async () => {
    const to = join(folder, "layout");
    await writeLayout(image, to);
    const named = await finished(["skopeo", "inspect", `oci:${to}:latest`]);
    expect(named.stderr).toBe("");
    expect(JSON.parse(named.stdout)).toMatchObject({ Digest: image.digest, Os: "linux" });
    const next = await build({ labels: { next: "1" } });
    await writeLayout(next, to);
    expect(await Bun.file(join(to, "blobs/sha256", image.digest.slice(7))).exists()).toBe(false);
    expect(JSON.parse((await finished(["skopeo", "inspect", `oci:${to}:latest`])).stdout).Digest).toBe(
      next.digest,
    );
  });

  test("contains the bill of materials, which refers to the image", async () => {
    const to = join(folder, "with-sbom");
    await writeLayout(image, to);
    const index = await Bun.file(join(to, "index.json")).json();
    const blob = (digest: string) => Bun.file(join(to, "blobs/sha256", digest.slice(7))).json();
    const referrer = await blob(index.manifests[1].digest);
    expect(referrer.subject.digest).toBe(image.digest);
    expect(await blob(referrer.layers[0].digest)).toMatchObject({ bomFormat: "CycloneDX" });
  });

  test("a folder with other things in it is left alone", async () => {
    const to = join(folder, "others");
    await Bun.write(join(to, "letter.txt"), "dear");
    expect(await failure(writeLayout(image, to))).toMatchObject({
      code: "disk",
      message: `${to} holds other files and no earlier image.`,
    });
  });

  test("a full disk: one sentence, no layout, and no partial files", async () => {
    const to = join(folder, "full");
    const digest = image.layers[0]?.descriptor.digest.slice(7) ?? "";
    await mkdir(join(to, "blobs/sha256"), { recursive: true });
    await symlink("/dev/full", join(to, "blobs/sha256", `${digest}.part`));
    expect(await failure(writeLayout(image, to))).toMatchObject({
      code: "disk",
      message: `The image can't be written to ${to}: no space is left on the disk.`,
    });
    expect(await Bun.file(join(to, "index.json")).exists()).toBe(false);
    expect(await Bun.file(join(to, "blobs/sha256", digest)).exists()).toBe(false);
  });
});
