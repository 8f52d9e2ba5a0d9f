import {
  type Descriptor,
  ImageError,
  type ImageProof,
  type VerifyRequest,
} from "../../application/deploy/images.ts";
import { decompressed } from "./compress.ts";
import { ENTRYPOINT } from "./image-config.ts";
import type { StoredConfig } from "./manifest.ts";
import { compressionOf } from "./media-types.ts";
import { PROGRAM_PATH } from "./program-layer.ts";
import { RegistryClient } from "./registry/client.ts";
import { downloadBlob } from "./registry/download.ts";
import { storedImage } from "./registry/manifests.ts";
import { readTar } from "./tar.ts";

/** What the dynamic loader reads before a program starts: it could run anything in the program. */
const PRELOAD_PATH = "etc/ld.so.preload";
const LOADER_VARIABLE = /^LD_[A-Z_]+=/;
const ROOT_USER = /^(?:|0|root)(?::.*)?$/;

/** What a layer says about a path: the hash of the file, `gone`, or nothing. */
type Found = Map<string, string>;
const GONE = "gone";

/**
 * Reads an image from its registry, checks every byte against its digest, and compares what it would run with a
 * program.
 * @throws ImageError if it can't be read
 */
export async function verifyImage(request: VerifyRequest): Promise<ImageProof> {
  const { repository, reference, program, signal, onProgress } = request;
  const client = new RegistryClient(repository, { signal });
  const { digest, manifest, config } = await storedImage(client, reference, program.architecture);
  const bytesTotal = manifest.layers.reduce((total, { size }) => total + size, 0);
  let bytesDone = 0;
  const files: Found = new Map();
  for (const layer of manifest.layers) {
    const onBytes = (count: number) => {
      bytesDone += count;
      onProgress?.({ event: "reading", bytesDone, bytesTotal });
    };
    // A file of an upper layer hides the one below it.
    for (const [path, found] of await filesIn(client, layer, onBytes)) files.set(path, found);
  }
  const sha256 = present(files.get(PROGRAM_PATH));
  return {
    digest,
    architecture: config.architecture,
    sha256,
    differences: [
      ...programDifferences(sha256, program.sha256),
      ...configDifferences(config, program.architecture),
      ...(present(files.get(PRELOAD_PATH)) === undefined
        ? []
        : [`/${PRELOAD_PATH} in the image could load something else into it`]),
    ],
  };
}

function present(found: string | undefined): string | undefined {
  return found === GONE ? undefined : found;
}

async function filesIn(
  client: RegistryClient,
  layer: Descriptor,
  onBytes: (count: number) => void,
): Promise<Found> {
  const compression = compressionOf(layer.mediaType);
  if (compression === undefined) {
    throw new ImageError("bad-image", `The image has a layer of an unknown kind: ${layer.mediaType}.`);
  }
  const hashers = new Map<string, Bun.CryptoHasher>();
  const gone: string[] = [];
  const stored = counted(downloadBlob(client, layer), onBytes);
  const plain = decompressed(stored, compression);
  await readLayer(plain, ({ path, type }) => {
    const name = path.replace(/\/$/, "");
    gone.push(...WATCHED.filter((each) => hides(name, each)));
    if (!WATCHED.includes(name)) return undefined;
    const hasher = new Bun.CryptoHasher("sha256");
    // Links are not followed: a link is not the program.
    hasher.update(type === "0" ? "" : `not a file but of type ${type}`);
    hashers.set(name, hasher);
    return (bytes) => hasher.update(bytes);
  });
  const found = [...hashers].map(([path, hasher]): [string, string] => [path, hasher.digest("hex")]);
  return new Map([...gone.map((path): [string, string] => [path, GONE]), ...found]);
}

const WATCHED = [PROGRAM_PATH, PRELOAD_PATH];
const WHITEOUT = ".wh.";
const OPAQUE = ".wh..wh..opq";

/** Whether an entry of a layer removes a path of the layers below. Source: OCI image specification, "Whiteouts" */
function hides(entry: string, path: string): boolean {
  const slash = entry.lastIndexOf("/");
  const folder = entry.slice(0, slash + 1);
  const name = entry.slice(slash + 1);
  if (name === OPAQUE) return path.startsWith(folder);
  if (!name.startsWith(WHITEOUT)) return false;
  const hidden = `${folder}${name.slice(WHITEOUT.length)}`;
  return path === hidden || path.startsWith(`${hidden}/`);
}

async function readLayer(...[plain, onEntry]: Parameters<typeof readTar>): Promise<void> {
  try {
    await readTar(plain, onEntry);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const sentence = `A layer of the image is damaged: ${error.message}.`;
    throw new ImageError("digest-mismatch", sentence, "Do not run that image.", { cause: error });
  }
}

async function* counted(
  chunks: AsyncIterable<Uint8Array<ArrayBuffer>>,
  onBytes: (count: number) => void,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for await (const chunk of chunks) {
    onBytes(chunk.length);
    yield chunk;
  }
}

function programDifferences(found: string | undefined, wanted: string): string[] {
  if (found === undefined) return [`the image has no /${PROGRAM_PATH}`];
  return found === wanted
    ? []
    : [`its /${PROGRAM_PATH} has the SHA-256 ${found}, but this program has ${wanted}`];
}

function configDifferences(config: StoredConfig, architecture: string): string[] {
  const { entrypoint, environment, user } = config;
  const runs = entrypoint.join(" ");
  const isOwn = runs === ENTRYPOINT.join(" ") || runs === `/${PROGRAM_PATH}`;
  const path = environment.find((each) => each.startsWith("PATH="));
  const loader = environment.filter((each) => LOADER_VARIABLE.test(each));
  return [
    ...(isOwn ? [] : [`it runs ${runs === "" ? "nothing" : `"${runs}"`} instead of todos`]),
    ...(path === undefined || path.startsWith("PATH=/usr/local/bin")
      ? []
      : [`its ${path} may find another todos`]),
    ...loader.map((variable) => `its ${variable} could load something else into it`),
    ...(ROOT_USER.test(user) ? ["it runs as root"] : []),
    ...(config.architecture === architecture
      ? []
      : [`it is marked for ${config.architecture}, but the program is for ${architecture}`]),
  ];
}
