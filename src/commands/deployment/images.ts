import type { BuiltImage, Images, PushProgress } from "../../application/deploy/images.ts";
import type { Architecture, ImageMaker, LocalImage, PushTarget } from "../../application/deploy/ports.ts";
import { CommandError, type Context } from "../support/command.ts";
import { buildRequest } from "./image-options.ts";

/** The image of a deploy, built from this executable or from the one that `--binary` names. */
export function imageMaker(context: Context, own: Architecture): ImageMaker {
  const built = new Map<LocalImage, BuiltImage>();
  return {
    build: async (architecture) => {
      refuseOtherSystems(context, architecture, own);
      const request = await buildRequest(context);
      const image = await (await images()).build({ ...request, architecture });
      const local = { digest: image.digest, bytes: image.compressedBytes };
      built.set(local, image);
      return local;
    },
    push: async (local, target) => {
      const image = built.get(local);
      if (image === undefined) throw new TypeError("only what was built here can be pushed");
      await push(image, target);
    },
  };
}

async function push(
  image: BuiltImage,
  { repository, tag, login, signal, onProgress }: PushTarget,
): Promise<void> {
  const { origin, username, password } = login;
  const progress = progressOf(image, onProgress);
  await (await images()).push(image, {
    repository: { origin, name: repository, credentials: { username, password } },
    tag,
    signal,
    onProgress: progress,
  });
}

/** One number from the progress of all blobs. */
function progressOf(image: BuiltImage, onProgress: PushTarget["onProgress"]): (event: PushProgress) => void {
  const sizes = [image.config, ...image.layers].map(({ descriptor }) => descriptor.size);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const done = new Map<string, number>();
  return (event) => {
    if (event.event === "sending") done.set(event.digest, event.bytesDone);
    if (event.event === "present") done.set(event.digest, event.bytes);
    const sum = [...done.values()].reduce((all, bytes) => all + bytes, 0);
    onProgress(Math.min(sum, total), total);
  };
}

/** Loaded when an image is made: most commands make none. */
async function images(): Promise<Images> {
  return (await import("../../adapters/oci/images.ts")).ociImages;
}

/** @throws CommandError if this executable can't run in the image */
function refuseOtherSystems(context: Context, architecture: Architecture, own: Architecture): void {
  if (context.value("binary") !== undefined) return;
  if (process.platform !== "linux") {
    throw new CommandError(
      "the image needs a Linux executable of todos, but this one is for another system",
      `name one with --binary: todos-linux-${architecture === "amd64" ? "x64" : "arm64"} of the same release`,
    );
  }
  if (architecture !== own) {
    throw new CommandError(
      `the image is for ${architecture}, but this executable is for ${own}`,
      `name one for ${architecture} with --binary, or deploy with --arch ${own}`,
    );
  }
}
