import { createHash } from "node:crypto";
import { ociImages } from "../../src/adapters/oci/images.ts";
import type { BuiltImage, ImageBlob } from "../../src/application/deploy/images.ts";
import type { Architecture, ImageMaker } from "../../src/application/deploy/ports.ts";
import type { Deployer } from "../support/aws/double/deployers.ts";

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const CONFIG = "application/vnd.oci.image.config.v1+json";
const LAYER = "application/vnd.oci.image.layer.v1.tar";

/** An image of a few bytes for tests to push. Its content does not matter. */
export function smallImage(version: string, architecture: Architecture = "amd64"): BuiltImage {
  const layers = [blob(LAYER, `base of ${version}`), blob(LAYER, `program of ${version}`)];
  const config = blob(CONFIG, JSON.stringify({ architecture, os: "linux", author: version }));
  const manifest = blob(
    MANIFEST,
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: config.descriptor,
      layers: layers.map(({ descriptor }) => descriptor),
    }),
  );
  return {
    digest: manifest.descriptor.digest,
    architecture,
    manifest,
    config,
    layers,
    sbom: sbomOf(manifest, version),
    compressedBytes: layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0),
    program: { sha256: "", bytes: 0, path: "/todos" },
  };
}

function sbomOf(image: ImageBlob, version: string): BuiltImage["sbom"] {
  const bill = blob("application/vnd.cyclonedx+json", `{"of":"${version}"}`);
  const empty = blob("application/vnd.oci.empty.v1+json", "{}");
  const manifest = blob(
    MANIFEST,
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      artifactType: bill.descriptor.mediaType,
      config: empty.descriptor,
      layers: [bill.descriptor],
      subject: image.descriptor,
    }),
  );
  return { manifest, blobs: [empty, bill] };
}

/** Pushes a small image as the program pushes its own. */
export function smallImages(version: string, deployer: Deployer): ImageMaker {
  const built = new Map<string, BuiltImage>();
  const death = new AbortController();
  deployer.death.catch((error) => death.abort(error));
  return {
    build: async (architecture) => {
      const image = smallImage(version, architecture);
      built.set(image.digest, image);
      return { digest: image.digest, bytes: image.compressedBytes };
    },
    push: async ({ digest }, { repository, tag, login, signal, onProgress }) => {
      const { origin, username, password } = login;
      const image = built.get(digest);
      if (image === undefined) throw new Error(`${digest} was never built`);
      await ociImages.push(image, {
        repository: { origin, name: repository, credentials: { username, password } },
        tag,
        signal: AbortSignal.any([signal, death.signal]),
        onProgress: () => onProgress(1, 1),
      });
    },
  };
}

function blob(mediaType: string, text: string): ImageBlob {
  const digest = `sha256:${createHash("sha256").update(text).digest("hex")}`;
  return { descriptor: { mediaType, digest, size: Buffer.byteLength(text) }, content: new Blob([text]) };
}
