import {
  type Descriptor,
  type ImageBlob,
  ImageError,
  type ImageReferrer,
  type SbomOutcome,
} from "../../../application/deploy/images.ts";
import { blobOf } from "../digest.ts";
import { indexedManifests } from "../manifest.ts";
import { MEDIA_TYPES } from "../media-types.ts";
import type { RegistryClient } from "./client.ts";
import { answerFailure } from "./failures.ts";
import { fetchedManifest, manifestDigest, putManifest } from "./manifests.ts";

/** Answers that mean "not allowed", rather than "not supported". */
const AUTH_STATUSES = [401, 403];

/**
 * Makes a registry list `referrer` for `subject`: with its own list if it has one, else with the fallback tag. If a
 * registry accepts neither, the image stays.
 * @throws ImageError Source: OCI distribution specification 1.1, "Pushing manifests with subject" and "Referrers tag
 * schema".
 */
export async function attachReferrer(
  client: RegistryClient,
  subject: Descriptor,
  { manifest, blobs }: ImageReferrer,
  pushBlobs: (blobs: readonly ImageBlob[]) => Promise<void>,
): Promise<SbomOutcome> {
  const { digest } = manifest.descriptor;
  if ((await manifestDigest(client, digest)) === undefined) {
    await pushBlobs(blobs);
    const response = await putManifest(client, manifest, digest);
    if (!response.ok) return refused(client, response);
    if (response.headers.get("oci-subject") === subject.digest) return "referrer";
  }
  return (await isListed(client, subject, digest)) ? "referrer" : addToTag(client, subject, manifest);
}

async function isListed(client: RegistryClient, subject: Descriptor, digest: string): Promise<boolean> {
  const headers = { accept: MEDIA_TYPES.index };
  const response = await client.send(client.url(`referrers/${subject.digest}`), { method: "GET", headers });
  const text = await response.text();
  const type = response.headers.get("content-type") ?? "";
  if (!response.ok || !type.startsWith(MEDIA_TYPES.index)) return false;
  return indexedManifests(text, `${client.host}'s list`).some((each) => each.digest === digest);
}

async function addToTag(
  client: RegistryClient,
  subject: Descriptor,
  manifest: ImageBlob,
): Promise<SbomOutcome> {
  const tag = subject.digest.replace(":", "-");
  const stored = await fetchedManifest(client, tag);
  const listed = stored ? indexedManifests(stored.text, `${client.host}'s list`) : [];
  if (listed.some(({ digest }) => digest === manifest.descriptor.digest)) return "tag";
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.index,
    manifests: [...listed, manifest.descriptor],
  });
  const response = await putManifest(client, blobOf(MEDIA_TYPES.index, text), tag);
  return response.ok ? "tag" : refused(client, response);
}

async function refused(client: RegistryClient, response: Response): Promise<SbomOutcome> {
  const failure = await answerFailure(response, client.host, "to take the bill of materials");
  if (AUTH_STATUSES.includes(response.status)) {
    throw new ImageError(failure.code, failure.message, failure.advice);
  }
  return "refused";
}
