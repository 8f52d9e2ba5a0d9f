import { type ImageArchitecture, type ImageBlob, ImageError } from "../../../application/deploy/images.ts";
import { digestOf, isDigest } from "../digest.ts";
import {
  type ImageManifest,
  imageManifest,
  indexedManifests,
  isIndex,
  type StoredConfig,
  storedConfig,
} from "../manifest.ts";
import { DOCKER_INDEX, DOCKER_MANIFEST, MEDIA_TYPES } from "../media-types.ts";
import type { RegistryClient } from "./client.ts";
import { downloadBlob } from "./download.ts";
import { answerFailure } from "./failures.ts";

const ACCEPT = [MEDIA_TYPES.manifest, MEDIA_TYPES.index, DOCKER_MANIFEST, DOCKER_INDEX].join(", ");
/** Source: OCI distribution specification 1.1, "Pushing manifests": registries accept at least this much. */
const MANIFEST_BYTES_MAX = 4_194_304;

export interface StoredManifest {
  readonly text: string;
  readonly digest: string;
  readonly mediaType: string;
}

/** The digest for a tag or digest in the repository; undefined if there is none. @throws ImageError */
export async function manifestDigest(client: RegistryClient, reference: string): Promise<string | undefined> {
  const found = await getManifest(client, reference, "HEAD");
  if (found.status === 404) return undefined;
  if (!found.ok) throw await answerFailure(found, client.host, `to tell what ${reference} is`);
  return found.headers.get("docker-content-digest") ?? (await fetchedManifest(client, reference))?.digest;
}

/** Undefined where there is none. @throws ImageError, also if the text does not match the digest */
export async function fetchedManifest(
  client: RegistryClient,
  reference: string,
): Promise<StoredManifest | undefined> {
  const response = await getManifest(client, reference, "GET");
  if (response.status === 404) return undefined;
  if (!response.ok) throw await answerFailure(response, client.host, `to give ${reference}`);
  const text = await response.text();
  const digest = digestOf(text);
  if (text.length > MANIFEST_BYTES_MAX || (isDigest(reference) && digest !== reference)) {
    throw new ImageError("digest-mismatch", `What ${client.host} sent for ${reference} does not match it.`);
  }
  return { text, digest, mediaType: mediaTypeOf(response) };
}

function getManifest(client: RegistryClient, reference: string, method: "GET" | "HEAD"): Promise<Response> {
  return client.send(client.url(`manifests/${reference}`), { method, headers: { accept: ACCEPT } });
}

function mediaTypeOf(response: Response): string {
  return (response.headers.get("content-type") ?? "").replace(/;.*/, "").trim();
}

/** @param reference a tag, or the manifest's digest */
export function putManifest(
  client: RegistryClient,
  { descriptor, content }: ImageBlob,
  reference: string,
): Promise<Response> {
  const headers = { "content-type": descriptor.mediaType };
  return client.send(client.url(`manifests/${reference}`), { method: "PUT", headers, body: content });
}

export interface StoredImage {
  readonly digest: string;
  readonly manifest: ImageManifest;
  readonly config: StoredConfig;
}

/** The image for a processor; follows an index to it. @throws ImageError */
export async function storedImage(
  client: RegistryClient,
  reference: string,
  architecture: ImageArchitecture,
): Promise<StoredImage> {
  const { repository, host } = client;
  const name = `${host}/${repository.name}${isDigest(reference) ? "@" : ":"}${reference}`;
  const found = await fetchedManifest(client, reference);
  if (!found) {
    throw new ImageError("not-found", `${name} does not exist.`, "Check the name, the tag or the digest.");
  }
  if (isIndex(found.mediaType)) {
    const fits = indexedManifests(found.text, name).find(
      ({ platform }) => platform?.os === "linux" && platform.architecture === architecture,
    );
    if (!fits) throw new ImageError("bad-image", `${name} has no image for Linux on ${architecture}.`);
    return storedImage(client, fits.digest, architecture);
  }
  const manifest = imageManifest(found.text, name);
  const parts = await Array.fromAsync(downloadBlob(client, manifest.config));
  return { digest: found.digest, manifest, config: storedConfig(Buffer.concat(parts).toString(), name) };
}
