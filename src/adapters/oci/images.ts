import type { Images } from "../../application/deploy/images.ts";
import { buildImage } from "./build.ts";
import { prepareLayout, writeLayout } from "./layout.ts";
import { RegistryClient } from "./registry/client.ts";
import { manifestDigest } from "./registry/manifests.ts";
import { pushImage } from "./registry/push.ts";
import { verifyImage } from "./verify.ts";

/** Images as the OCI specifications define them, in any registry. */
export const ociImages: Images = {
  build: buildImage,
  push: (image, request) => pushImage(image, request),
  exists: async (repository, digest, signal) =>
    (await manifestDigest(new RegistryClient(repository, { signal }), digest)) === digest,
  verify: verifyImage,
  prepareLayout,
  writeLayout,
};
