import {
  type BuiltImage,
  type Descriptor,
  type ImageBlob,
  ImageError,
  type PushProgress,
  type PushReport,
  type PushRequest,
} from "../../../application/deploy/images.ts";
import { type ClientOptions, RegistryClient } from "./client.ts";
import { answerFailure } from "./failures.ts";
import { manifestDigest, putManifest } from "./manifests.ts";
import { attachReferrer } from "./referrer.ts";
import { hasBlob, uploadBlob } from "./upload.ts";

const UPLOADS_AT_ONCE_MAX = 3;

/**
 * Sends what the repository does not have yet, the manifest last, then the bill of materials. A second push sends
 * nothing.
 * @throws ImageError; what the signal was aborted with
 */
export async function pushImage(
  image: BuiltImage,
  request: PushRequest,
  options: Pick<ClientOptions, "pause"> = {},
): Promise<PushReport> {
  const tell = (event: PushProgress) => request.onProgress?.(event);
  const client = new RegistryClient(request.repository, {
    ...options,
    signal: request.signal,
    onWait: (reason, waitMs) => tell({ event: "waiting", reason, waitMs }),
  });
  const sent = { bytesSent: 0, bytesPresent: 0 };
  if ((await manifestDigest(client, image.digest)) === undefined) {
    await pushBlobs(client, [image.config, ...image.layers], sent, tell);
    await pushManifest(client, image.manifest, image.digest);
  } else {
    for (const { descriptor } of [image.config, ...image.layers]) present(descriptor, sent, tell);
  }
  if (request.tag !== undefined) await pushTag(client, image.manifest, request.tag);
  tell({ event: "pushed", digest: image.digest });
  const sbom = await attachReferrer(client, image.manifest.descriptor, image.sbom, (blobs) =>
    pushBlobs(client, blobs, sent, tell),
  );
  tell({ event: "sbom", outcome: sbom });
  return { digest: image.digest, ...sent, sbom };
}

interface Sent {
  bytesSent: number;
  bytesPresent: number;
}

async function pushBlobs(
  client: RegistryClient,
  blobs: readonly ImageBlob[],
  sent: Sent,
  tell: (event: PushProgress) => void,
): Promise<void> {
  const waiting = [...blobs];
  const worker = async () => {
    for (let blob = waiting.shift(); blob; blob = waiting.shift()) await pushBlob(client, blob, sent, tell);
  };
  const workers = Array.from({ length: Math.min(UPLOADS_AT_ONCE_MAX, blobs.length) }, worker);
  await Promise.all(workers);
}

async function pushBlob(
  client: RegistryClient,
  blob: ImageBlob,
  sent: Sent,
  tell: (event: PushProgress) => void,
): Promise<void> {
  const { digest, size } = blob.descriptor;
  if (await hasBlob(client, digest)) return present(blob.descriptor, sent, tell);
  await uploadBlob(client, blob, {
    onBytes: (bytesDone) => tell({ event: "sending", digest, bytesDone, bytesTotal: size }),
    onResume: (fromByte) => tell({ event: "resumed", digest, fromByte, bytesTotal: size }),
  });
  sent.bytesSent += size;
}

function present({ digest, size }: Descriptor, sent: Sent, tell: (event: PushProgress) => void): void {
  sent.bytesPresent += size;
  tell({ event: "present", digest, bytes: size });
}

async function pushManifest(client: RegistryClient, manifest: ImageBlob, reference: string): Promise<void> {
  const response = await putManifest(client, manifest, reference);
  if (!response.ok) {
    throw await answerFailure(response, client.host, `to take the image into ${client.repository.name}`);
  }
  const stored = response.headers.get("docker-content-digest");
  if (stored !== null && stored !== manifest.descriptor.digest) {
    throw new ImageError(
      "digest-mismatch",
      `${client.host} stored the image under the wrong digest, ${stored}.`,
    );
  }
}

/** An immutable tag is fine if it already names this image. */
async function pushTag(client: RegistryClient, manifest: ImageBlob, tag: string): Promise<void> {
  const { digest } = manifest.descriptor;
  if ((await manifestDigest(client, tag)) === digest) return;
  const response = await putManifest(client, manifest, tag);
  if (response.ok) return;
  const failure = await answerFailure(response, client.host, `to name the image ${tag}`);
  const holder = await manifestDigest(client, tag);
  if (holder === digest) return;
  if (holder === undefined) throw failure;
  throw new ImageError(
    "tag-taken",
    `${client.host}/${client.repository.name}:${tag} is another image, ${holder}, and the repository's tags are immutable.`,
    "Push with another tag; the image itself is stored under its digest.",
    { cause: failure },
  );
}
