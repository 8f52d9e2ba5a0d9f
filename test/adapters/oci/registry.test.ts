import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ociImages } from "../../../src/adapters/oci/images.ts";
import { type BuiltImage, ImageError, type PushProgress } from "../../../src/application/deploy/images.ts";
import { finished } from "../../support/binary.ts";
import { standInExecutable } from "../../support/oci/executable.ts";
import { registryLack, startedRegistry, type TestRegistry } from "../../support/oci/registry.ts";

const lack = registryLack();
/** Three pieces of an upload. */
const LARGE_BYTES = 18_000_000;

describe.skipIf(lack !== undefined)(`a real registry with a password (${lack ?? "there"})`, () => {
  let folder: string;
  let registry: TestRegistry;
  let image: BuiltImage;
  let binaryPath: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "todos-push-"));
    registry = await startedRegistry();
    binaryPath = await standInExecutable(join(folder, "todos"), { randomBytes: LARGE_BYTES });
    image = await ociImages.build({ binaryPath, architecture: "amd64", compression: "gzip" });
  });
  afterAll(async () => {
    await registry[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const failure = async (work: Promise<unknown>): Promise<ImageError> => {
    const error = await work.then(
      () => new Error("it worked"),
      (reason: unknown) => reason,
    );
    if (!(error instanceof ImageError)) throw error;
    return error;
  };

  test("accepts an image; the same image again sends nothing", async () => {
    const repository = registry.repository("todos");
    expect(await ociImages.exists(repository, image.digest)).toBe(false);
    const events: PushProgress[] = [];
    const first = await ociImages.push(image, {
      repository,
      tag: "1",
      onProgress: (event) => events.push(event),
    });
    const all = image.compressedBytes + image.config.descriptor.size;
    expect(first.digest).toBe(image.digest);
    expect(first.bytesSent).toBeGreaterThanOrEqual(all);
    expect(first.bytesPresent).toBe(0);
    expect(await ociImages.exists(repository, image.digest)).toBe(true);
    const program = image.layers.at(-1)?.descriptor;
    const sending = events.filter((event) => event.event === "sending" && event.digest === program?.digest);
    expect(sending.length).toBeGreaterThanOrEqual(3);
    expect(sending.at(-1)).toMatchObject({ bytesDone: program?.size, bytesTotal: program?.size });

    const again = await ociImages.push(image, { repository, tag: "1" });
    expect(again).toMatchObject({ bytesSent: 0, bytesPresent: all });
  });

  test("layers that it already has are not sent with another image on the same base", async () => {
    const repository = registry.repository("shared");
    await ociImages.push(image, { repository });
    const other = await standInExecutable(join(folder, "other"), { seed: 2 });
    const next = await ociImages.build({ binaryPath: other, architecture: "amd64", compression: "gzip" });
    const { bytesSent, bytesPresent } = await ociImages.push(next, { repository });
    expect(next.layers[0]?.descriptor).toEqual(image.layers[0]?.descriptor);
    expect(bytesPresent).toBeGreaterThanOrEqual(image.layers[0]?.descriptor.size ?? Number.NaN);
    expect(bytesSent).toBeLessThan(next.compressedBytes);
  });

  test("it supports no referrers, so the bill of materials is listed under the fallback tag", async () => {
    const repository = registry.repository("sbom");
    expect(await ociImages.push(image, { repository })).toMatchObject({ sbom: "tag" });
    expect(await ociImages.push(image, { repository })).toMatchObject({ sbom: "tag", bytesSent: 0 });
    const get = async (reference: string) => {
      const { username, password } = registry.credentials;
      const headers = {
        accept: "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json",
        authorization: `Basic ${btoa(`${username}:${password}`)}`,
      };
      const response = await fetch(`${registry.origin}/v2/sbom/${reference}`, { headers });
      // biome-ignore lint/suspicious/noExplicitAny: what it holds is what is tested
      return (await response.json()) as any;
    };
    const index = await get(`manifests/${image.digest.replace(":", "-")}`);
    expect(index.manifests).toHaveLength(1);
    expect(index.manifests[0].artifactType).toBe("application/vnd.cyclonedx+json");
    const referrer = await get(`manifests/${index.manifests[0].digest}`);
    expect(referrer.subject.digest).toBe(image.digest);
    expect(await get(`blobs/${referrer.layers[0].digest}`)).toMatchObject({ bomFormat: "CycloneDX" });
  });

  test("verification finds the program in what was pushed, and finds that another program differs", async () => {
    const repository = registry.repository("proof");
    await ociImages.push(image, { repository, tag: "1" });
    const same = await ociImages.verify({
      repository,
      reference: image.digest,
      program: { sha256: image.program.sha256, architecture: "amd64" },
    });
    expect(same).toEqual({
      digest: image.digest,
      architecture: "amd64",
      sha256: new Bun.CryptoHasher("sha256").update(await Bun.file(binaryPath).bytes()).digest("hex"),
      differences: [],
    });
    const other = await ociImages.verify({
      repository,
      reference: "1",
      program: { sha256: "0".repeat(64), architecture: "amd64" },
    });
    expect(other.differences).toEqual([
      `its /usr/local/bin/todos has the SHA-256 ${image.program.sha256}, but this program has ${"0".repeat(64)}`,
    ]);
  });

  test.each(["zstd", "gzip"] as const)("an image has another one as its base, %s", async (compression) => {
    const repository = registry.repository("base");
    await ociImages.push(image, { repository });
    const reference = `127.0.0.1:${registry.port}/base@${image.digest}`;
    const base = { reference, credentials: registry.credentials };
    const path = await standInExecutable(join(folder, "on-base"), { seed: 3 });
    const build = () => ociImages.build({ binaryPath: path, architecture: "amd64", compression, base });
    const built = await build();
    expect(built.layers.slice(0, -1).map(({ descriptor }) => descriptor)).toEqual(
      image.layers.map(({ descriptor }) => descriptor),
    );
    expect((await build()).digest).toBe(built.digest);
    const target = registry.repository("on-base");
    await ociImages.push(built, { repository: target });
    const { sha256 } = built.program;
    const program = { sha256, architecture: "amd64" } as const;
    // The base has a program at that path, too: the upper layer's counts.
    expect(await ociImages.verify({ repository: target, reference: built.digest, program })).toMatchObject({
      differences: [],
    });
    const forArm = await standInExecutable(join(folder, "arm"), { architecture: "arm64" });
    const wrong = await failure(
      ociImages.build({ binaryPath: forArm, architecture: "arm64", compression, base }),
    );
    expect(wrong.message).toContain("is for linux on amd64, but the image is for Linux on arm64");
  });

  test("skopeo reads it there and copies it out", async () => {
    await ociImages.push(image, { repository: registry.repository("skopeo"), tag: "1" });
    const { username, password } = registry.credentials;
    const args = ["--tls-verify=false", "--creds", `${username}:${password}`];
    const name = `docker://127.0.0.1:${registry.port}/skopeo:1`;
    const inspected = await finished(["skopeo", "inspect", ...args, name]);
    expect(JSON.parse(inspected.stdout)).toMatchObject({ Digest: image.digest, Architecture: "amd64" });
    const source = ["--src-tls-verify=false", "--src-creds", `${username}:${password}`];
    const copied = await finished(["skopeo", "copy", ...source, name, `oci:${folder}/copied:1`]);
    expect(copied.exitCode).toBe(0);
  });

  test("a wrong password, and none: one sentence each", async () => {
    const { origin, credentials } = registry;
    const wrong = { origin, name: "todos", credentials: { ...credentials, password: "wrong" } };
    const refused = await failure(ociImages.push(image, { repository: wrong }));
    expect(refused.code).toBe("unauthorized");
    expect(refused.message).toBe(`127.0.0.1:${registry.port} rejected the password of deployer for todos.`);
    const anonymous = await failure(ociImages.push(image, { repository: { origin, name: "todos" } }));
    expect(anonymous.message).toBe(`127.0.0.1:${registry.port} requires a user and a password for todos.`);
  });

  test("a missing image, and one for another processor: one sentence each", async () => {
    const repository = registry.repository("nothing");
    const program = { sha256: "", architecture: "amd64" } as const;
    const missing = await failure(ociImages.verify({ repository, reference: "1", program }));
    expect(missing.message).toBe(`127.0.0.1:${registry.port}/nothing:1 does not exist.`);
  });
});

describe("a registry that can't be reached", () => {
  let image: BuiltImage;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "todos-unreachable-"));
    const binaryPath = await standInExecutable(join(folder, "todos"));
    image = await ociImages.build({ binaryPath, architecture: "amd64", compression: "gzip" });
  });
  afterAll(() => rm(folder, { recursive: true }));

  const pushTo = (origin: string) =>
    ociImages.push(image, { repository: { origin, name: "todos" } }).catch((error: unknown) => error);

  test("an unknown host", async () => {
    const error = await pushTo("https://no-such-registry.invalid");
    expect(error).toMatchObject({
      code: "unknown-host",
      message: "Unknown host no-such-registry.invalid.",
    });
  });

  test("a certificate of an unknown authority, and a server without TLS", async () => {
    const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    const made = await finished(
      ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", ...subject].concat([
        "-keyout",
        key,
        "-out",
        certificate,
      ]),
    );
    expect(made.exitCode).toBe(0);
    const fetch = () => new Response("here");
    const tls = { key: Bun.file(key), cert: Bun.file(certificate) };
    using secure = Bun.serve({ port: 0, hostname: "127.0.0.1", tls, fetch });
    using plain = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch });
    expect(await pushTo(`https://localhost:${secure.port}`)).toMatchObject({
      code: "tls",
      message: `The connection to localhost:${secure.port} is not trusted: its certificate is signed by an unknown authority.`,
    });
    expect(await pushTo(`https://127.0.0.1:${plain.port}`)).toMatchObject({
      code: "tls",
      message: `The connection to 127.0.0.1:${plain.port} is not trusted: it does not speak TLS on that port.`,
    });
  });
});
