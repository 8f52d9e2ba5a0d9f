import type { Lifecycles } from "./cloudformation/resources.ts";
import { digestOf, type ImageStore, type Manifest, type Repository, referenceOf } from "./ecr/store.ts";
import { fieldsOf, textOf } from "./fields.ts";
import type { World } from "./world.ts";

const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";

export interface Resolved {
  readonly digest: string;
  /** The architecture that it was built for. Undefined if its configuration does not say. */
  readonly architecture: string | undefined;
}

/** Resolves an image reference. Returns undefined if the account's registry does not have the image. */
export function resolver(world: World, store: ImageStore): (image: string) => Resolved | undefined {
  return (image) => {
    const { host, name, reference } = referenceOf(image);
    const isDigest = reference.startsWith("sha256:");
    // Assume that other registries have every image.
    if (!host.startsWith(world.accountId))
      return { digest: isDigest ? reference : digestOf(Buffer.from(image)), architecture: undefined };
    const repository = store.of(name);
    const digest = isDigest ? reference : repository.tags.get(reference);
    const manifest = repository.manifests.get(digest ?? "");
    return manifest && { digest: manifest.digest, architecture: architectureOf(repository, manifest) };
  };
}

function architectureOf({ blobs }: Repository, { bytes }: Manifest): string | undefined {
  const { config } = fieldsOf(JSON.parse(bytes.toString()));
  const text = blobs.get(textOf(fieldsOf(config), "digest") ?? "")?.toString() ?? "{}";
  return textOf(fieldsOf(JSON.parse(text)), "architecture");
}

/** Stores an image in a repository without a push. @returns its digest */
export function plantImage(world: World, store: ImageStore, name: string, tag: string): string {
  const repository = store.of(name);
  const layer = Buffer.from(`layer of ${tag}`);
  const config = Buffer.from(`{"architecture":"amd64","os":"linux","created":"${tag}"}`);
  for (const blob of [layer, config]) repository.blobs.set(digestOf(blob), blob);
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: {
      mediaType: "application/vnd.oci.image.config.v1+json",
      digest: digestOf(config),
      size: config.length,
    },
    layers: [
      { mediaType: "application/vnd.oci.image.layer.v1.tar", digest: digestOf(layer), size: layer.length },
    ],
  };
  return store.put(name, tag, Buffer.from(JSON.stringify(manifest)), MANIFEST_TYPE, world.clock.now());
}

/** Deletes images with their repository. */
export function forgetImages(lifecycles: Lifecycles, store: ImageStore): void {
  lifecycles.set("AWS::ECR::Repository", { deleted: async ({ id }) => store.forget(id) });
}
