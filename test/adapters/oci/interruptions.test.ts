import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ociImages } from "../../../src/adapters/oci/images.ts";
import { pushImage } from "../../../src/adapters/oci/registry/push.ts";
import { TRIES_MAX } from "../../../src/adapters/oci/registry/retry.ts";
import type { BuiltImage, ImageError, PushProgress } from "../../../src/application/deploy/images.ts";
import { standInExecutable } from "../../support/oci/executable.ts";
import { type FaultyWay, faultyWayTo } from "../../support/oci/faults.ts";
import { registryLack, startedRegistry, type TestRegistry } from "../../support/oci/registry.ts";

const lack = registryLack();
const PIECE_BYTES = 8_388_608;
/** A layer of three pieces. */
const LARGE_BYTES = 18_000_000;
const UNAVAILABLE = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n";

describe.skipIf(lack !== undefined)(
  `a push through a bad network to a real registry (${lack ?? "there"})`,
  () => {
    let folder: string;
    let registry: TestRegistry;
    let way: FaultyWay;
    let image: BuiltImage;
    let names = 0;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "todos-interrupted-"));
      registry = await startedRegistry();
      way = await faultyWayTo(registry.port);
      const binaryPath = await standInExecutable(join(folder, "todos"), { randomBytes: LARGE_BYTES });
      image = await ociImages.build({ binaryPath, architecture: "amd64", compression: "gzip" });
    });
    afterAll(async () => {
      await way[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    });

    const waits: number[] = [];
    const repository = () => ({ ...registry.repository(`bad-${++names}`), origin: way.origin });

    /** Pushes without really waiting. @returns what was reported */
    async function push(to: ReturnType<typeof repository>, signal?: AbortSignal): Promise<PushProgress[]> {
      const events: PushProgress[] = [];
      waits.length = 0;
      await pushImage(
        image,
        { repository: to, onProgress: (event) => events.push(event), ...(signal && { signal }) },
        { pause: async (waitMs) => void waits.push(waitMs) },
      );
      return events;
    }

    /** The image that arrived is read whole and checked against its digests. */
    async function expectWhole({ name }: { readonly name: string }): Promise<void> {
      const { sha256 } = image.program;
      const program = { sha256, architecture: "amd64" } as const;
      const direct = registry.repository(name);
      const proof = await ociImages.verify({ repository: direct, reference: image.digest, program });
      expect(proof.differences).toEqual([]);
    }

    const resumedFrom = (events: readonly PushProgress[]) =>
      events.flatMap((event) => (event.event === "resumed" ? [event.fromByte] : []));

    test("cut between two pieces: resumes where the registry is, and sends no piece twice", async () => {
      const to = repository();
      way.plan({ method: "PATCH", after: 1, does: { kind: "cut-before" } });
      const events = await push(to);
      expect(resumedFrom(events)).toEqual([PIECE_BYTES]);
      expect(way.requests.filter((each) => each.startsWith("POST"))).toHaveLength(5);
      await expectWhole(to);
    });

    test("cut within a piece: this registry drops the upload, so it starts again and completes", async () => {
      const to = repository();
      way.plan({ method: "PATCH", after: 1, does: { kind: "cut-within", bytes: 3_000_000 } });
      const events = await push(to);
      expect(resumedFrom(events).at(-1)).toBe(0);
      await expectWhole(to);
    });

    test("the answer to a piece is lost: completes", async () => {
      const to = repository();
      way.plan({ method: "PATCH", does: { kind: "lose-answer" } });
      await push(to);
      await expectWhole(to);
    });

    test("the answer to the end of an upload is lost: the blob exists, and nothing is sent again", async () => {
      const to = repository();
      const layer = image.layers.at(-1)?.descriptor.digest ?? "";
      way.plan({ method: "PUT", path: encodeURIComponent(layer), does: { kind: "lose-answer" } });
      await push(to);
      expect(way.bytesIn()).toBeLessThan(image.compressedBytes + PIECE_BYTES / 2);
      await expectWhole(to);
    });

    test("the answer to the manifest is lost: it is sent again", async () => {
      const to = repository();
      way.plan({ method: "PUT", path: `manifests/${image.digest}`, does: { kind: "lose-answer" } });
      await push(to);
      await expectWhole(to);
    });

    test("every kind of request cut off once before the registry sees it: completes", async () => {
      const to = repository();
      const methods = ["GET", "HEAD", "POST", "PATCH", "PUT"];
      way.plan(...methods.map((method) => ({ method, does: { kind: "cut-before" } }) as const));
      await push(to);
      await expectWhole(to);
    });

    test("503 with Retry-After: waits as long as requested", async () => {
      const to = repository();
      const text = `${UNAVAILABLE}retry-after: 7\r\n\r\n`;
      way.plan({ method: "POST", does: { kind: "answer", text } });
      const events = await push(to);
      expect(waits).toContain(7_000);
      expect(events.find((event) => event.event === "waiting")).toMatchObject({ waitMs: 7_000 });
      await expectWhole(to);
    });

    test.each([
      ["429", "429 Too Many Requests"],
      ["500", "500 Internal Server Error"],
    ])("%s again and again: gives up after some tries, with one sentence", async (status, line) => {
      const to = repository();
      const text = `HTTP/1.1 ${line}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`;
      way.plan({ method: "HEAD", times: 1_000, does: { kind: "answer", text } });
      const error = await push(to).catch((reason: ImageError) => reason);
      const host = new URL(way.origin).host;
      expect(error).toMatchObject({
        code: "registry-failed",
        message: `${host} is busy or failing: it answered ${status}.`,
      });
      expect(waits).toHaveLength(TRIES_MAX - 1);
    });

    test("cut at every piece: gives up after a few attempts, and the next push succeeds", async () => {
      const to = repository();
      way.plan({ method: "PATCH", times: 1_000, does: { kind: "cut-before" } });
      const error = await push(to).catch((reason: ImageError) => reason);
      expect(error).toMatchObject({ code: "unreachable" });
      way.plan();
      const events = await push(to);
      expect(events.filter((event) => event.event === "present").length).toBeGreaterThan(0);
      await expectWhole(to);
    });

    test("Ctrl-C during an upload ends it at once; the next push sends only what is missing", async () => {
      const to = repository();
      const stop = new AbortController();
      way.plan();
      const pushing = pushImage(image, {
        repository: to,
        signal: stop.signal,
        onProgress: (event) => {
          if (event.event === "sending" && event.bytesDone >= PIECE_BYTES) stop.abort();
        },
      });
      expect(await pushing.catch((error: Error) => error.name)).toBe("AbortError");
      const events = await push(to);
      const there = events.flatMap((event) => (event.event === "present" ? [event.digest] : []));
      expect(there).toContain(image.config.descriptor.digest);
      await expectWhole(to);
    });

    test("reading an image: cut in the middle of a layer, it continues from there", async () => {
      const to = repository();
      way.plan();
      await push(to);
      way.plan({
        method: "GET",
        path: `blobs/${image.layers.at(-1)?.descriptor.digest}`,
        does: { kind: "cut-answer", bytes: 5_000_000 },
      });
      const program = { sha256: image.program.sha256, architecture: "amd64" } as const;
      const read: number[] = [];
      const onProgress = ({ bytesDone }: { readonly bytesDone: number }) => void read.push(bytesDone);
      const proof = await ociImages.verify({ repository: to, reference: image.digest, program, onProgress });
      expect(proof.differences).toEqual([]);
      expect(read.at(-1)).toBe(image.compressedBytes);
    });
  },
);
