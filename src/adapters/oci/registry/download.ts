import { type Descriptor, ImageError } from "../../../application/deploy/images.ts";
import type { RegistryClient } from "./client.ts";
import { answerFailure, PassingFailure, transportFailure } from "./failures.ts";
import { TRIES_MAX, waitBefore } from "./retry.ts";

/**
 * A blob's bytes as they arrive; after an interruption it continues where it stopped. It ends with an error if the
 * bytes don't match the digest: don't trust them before the end.
 * @throws ImageError
 */
export async function* downloadBlob(
  client: RegistryClient,
  { digest, size }: Pick<Descriptor, "digest" | "size">,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const hasher = new Bun.CryptoHasher("sha256");
  let offset = 0;
  for (let breaks = 0; offset < size; breaks++) {
    try {
      for await (const chunk of blobFrom(client, digest, offset)) {
        offset += chunk.length;
        if (offset > size) throw changed(client, digest);
        hasher.update(chunk);
        yield chunk;
      }
      if (offset < size) throw transportFailure({ code: "ECONNRESET" }, client.host, true);
    } catch (error) {
      if (!(error instanceof PassingFailure) || breaks + 1 >= TRIES_MAX) throw error;
      await waitBefore(breaks, error, client);
    }
  }
  if (`sha256:${hasher.digest("hex")}` !== digest) throw changed(client, digest);
}

async function* blobFrom(
  client: RegistryClient,
  digest: string,
  offset: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const headers: Record<string, string> = offset === 0 ? {} : { range: `bytes=${offset}-` };
  const response = await client.send(client.url(`blobs/${digest}`), { method: "GET", headers });
  if (!response.ok || response.body === null) {
    throw await answerFailure(response, client.host, `to give a part of ${client.repository.name}`);
  }
  let skip = response.status === 206 ? 0 : offset;
  try {
    for await (const chunk of response.body) {
      const rest = chunk.subarray(Math.min(skip, chunk.length));
      skip -= chunk.length - rest.length;
      if (rest.length > 0) yield rest;
    }
  } catch (error) {
    client.signal?.throwIfAborted();
    throw transportFailure(error, client.host, true);
  }
}

function changed({ host }: RegistryClient, digest: string): ImageError {
  return new ImageError(
    "digest-mismatch",
    `What ${host} sent for ${digest} does not match it.`,
    "The registry is damaged, or something on the way changes the data. Do not run that image.",
  );
}
