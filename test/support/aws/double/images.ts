import type { Lifecycles } from "./cloudformation/resources.ts";
import { digestOf, type ImageStore, type Manifest, type Repository, referenceOf } from "./ecr/store.ts";
import { fieldsOf, textOf } from "./fields.ts";
import type { World } from "./world.ts";

const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";

export interface Resolved {
  readonly digest: string;
  /** What it was made for; undefined if its configuration does not say. */
  readonly architecture: string | undefined;
}

/** What an image's reference stands for; undefined if the account's registry does not have it. */
export function resolver(world: World, store: ImageStore): (image: string) => Resolved | undefined {
  return (image) => {
    const { host, name, reference } = referenceOf(image);
    const isDigest = reference.startsWith("sha256:");
    // Other registries are assumed to have everything.
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

/** Puts an image into a repository without pushing it. @returns its digest */
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

/** Images are deleted with their repository. */
export function forgetImages(lifecycles: Lifecycles, store: ImageStore): void {
  lifecycles.set("AWS::ECR::Repository", { deleted: async ({ id }) => store.forget(id) });
}
