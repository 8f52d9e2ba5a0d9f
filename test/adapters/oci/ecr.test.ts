import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ociImages } from "../../../src/adapters/oci/images.ts";
import { pushImage } from "../../../src/adapters/oci/registry/push.ts";
import type { BuiltImage } from "../../../src/application/deploy/images.ts";
import { type DoubleOptions, registryDouble } from "../../support/oci/double.ts";
import { standInExecutable } from "../../support/oci/executable.ts";

const LARGE_BYTES = 18_000_000;

/** Against a double: it does what Amazon ECR was seen to do, which docker-registry does not. */
describe("a registry that behaves like Amazon ECR (a double)", () => {
  let folder: string;
  let image: BuiltImage;
  let other: BuiltImage;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "todos-ecr-"));
    const build = (binaryPath: string) =>
      ociImages.build({ binaryPath, architecture: "amd64", compression: "gzip" });
    image = await build(await standInExecutable(join(folder, "todos"), { randomBytes: LARGE_BYTES }));
    other = await build(await standInExecutable(join(folder, "other"), { seed: 9 }));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const pause = async () => undefined;
  const credentials = { username: "AWS", password: "a token" };

  async function pushed(options: DoubleOptions, built = image) {
    await using registry = registryDouble(options);
    const repository = { origin: registry.origin, name: "todos", credentials };
    const report = await pushImage(built, { repository, tag: "1" }, { pause });
    const { sha256 } = built.program;
    const program = { sha256, architecture: "amd64" } as const;
    const proof = await ociImages.verify({ repository, reference: report.digest, program });
    expect(proof.differences).toEqual([]);
    return { report, seen: registry.seen };
  }

  test("pieces are answered 201 with a Range that lags behind: what was sent counts", async () => {
    const { seen } = await pushed({ staleRange: true });
    const ranges = seen.flatMap(({ method, range }) => (method === "PATCH" ? [range] : []));
    expect(ranges).toEqual([
      "0-8388607",
      "8388608-16777215",
      `16777216-${(image.layers.at(-1)?.descriptor.size ?? 0) - 1}`,
    ]);
  });

  test("a piece arrives and its answer is lost; the state can't be read: the 416 says that it has arrived", async () => {
    const { seen } = await pushed({ staleRange: true, noUploadState: true, loseAnswerOfPiece: 2 });
    expect(seen.filter(({ method }) => method === "PATCH")).toHaveLength(4);
  });

  test("a registry that reports its progress within a piece gets the rest of it", async () => {
    const { seen } = await pushed({ keepBytesOfPiece: { piece: 2, bytes: 1_000_000 } });
    const ranges = seen.flatMap(({ method, range }) => (method === "PATCH" ? [range] : []));
    expect(ranges[2]).toBe("9388608-17777215");
  });

  test("it lists referrers: no fallback tag", async () => {
    expect((await pushed({ referrers: "header" })).report.sbom).toBe("referrer");
    const { report, seen } = await pushed({ referrers: "list" });
    expect(report.sbom).toBe("referrer");
    expect(seen.some(({ path }) => path.includes("manifests/sha256-"))).toBe(false);
  });

  test("it does not accept manifests with a subject: the image is still pushed", async () => {
    expect((await pushed({ refusesSubjects: true })).report.sbom).toBe("refused");
  });

  test("tags can't be moved: the same image again is fine, another one gets an error that names the owner", async () => {
    await using registry = registryDouble({ immutableTags: true, referrers: "header" });
    const repository = { origin: registry.origin, name: "todos", credentials };
    await pushImage(image, { repository, tag: "1" }, { pause });
    expect(await pushImage(image, { repository, tag: "1" }, { pause })).toMatchObject({ bytesSent: 0 });
    const refused = await pushImage(other, { repository, tag: "1" }, { pause }).catch((error) => error);
    expect(refused).toMatchObject({
      code: "tag-taken",
      message: `${new URL(registry.origin).host}/todos:1 is another image, ${image.digest}, and the repository's tags are immutable.`,
    });
    expect(await ociImages.exists(repository, other.digest)).toBe(true);
  });

  test("a password is exchanged for a token, which is renewed when it has expired", async () => {
    const { seen } = await pushed({ tokens: { usesEach: 6 } });
    const tokens = seen.filter(({ path }) => path.startsWith("/token"));
    expect(tokens.length).toBeGreaterThan(1);
    for (const { path, authorization } of tokens) {
      expect(path).toContain("scope=repository%3Atodos%3Apull%2Cpush");
      expect(authorization).toBe(`Basic ${btoa("AWS:a token")}`);
    }
    const others = seen.filter(({ path }) => !path.startsWith("/token"));
    expect(others.every(({ authorization }) => !authorization?.startsWith("Basic"))).toBe(true);
  });

  test("blobs are read from where it redirects, without the password", async () => {
    const { seen } = await pushed({ redirectsBlobs: true });
    const elsewhere = seen.filter(({ path }) => path.startsWith("/bucket/"));
    expect(elsewhere.length).toBeGreaterThan(0);
    expect(elsewhere.every(({ authorization }) => authorization === undefined)).toBe(true);
  });

  test("data damaged in transit is refused, again and again: one sentence", async () => {
    await using registry = registryDouble({ damages: true });
    const repository = { origin: registry.origin, name: "todos" };
    const error = await pushImage(other, { repository }, { pause }).catch((reason) => reason);
    expect(error.code).toBe("digest-mismatch");
    expect(error.message).toContain("did not receive the bytes that were sent");
  });

  test("damaged data is not accepted when reading", async () => {
    await using registry = registryDouble({});
    const repository = { origin: registry.origin, name: "todos" };
    await pushImage(other, { repository }, { pause });
    registry.damage(other.layers[0]?.descriptor.digest ?? "");
    const program = { sha256: other.program.sha256, architecture: "amd64" } as const;
    const error = await ociImages
      .verify({ repository, reference: other.digest, program })
      .catch((reason) => reason);
    expect(error.code).toBe("digest-mismatch");
  });
});
