import { DeployError } from "./errors.ts";
import type { RegistryImage } from "./ports.ts";

const GOOD_PREFIX = "good-";

/** The tag that an image gets when a deploy of it has passed step 8: `good-20301231T235959Z`. Sorts by time. */
export function goodTag(at: number): string {
  return `${GOOD_PREFIX}${new Date(at).toISOString().replaceAll(/[-:]|\.\d+/g, "")}`;
}

/** Digests of successfully deployed images, newest first, without duplicates. */
export function goodDigests(images: readonly RegistryImage[]): string[] {
  const times = images.flatMap(({ digest, tags }) => {
    const last = tags
      .filter((tag) => tag.startsWith(GOOD_PREFIX))
      .sort()
      .at(-1);
    return last === undefined ? [] : [{ digest, last }];
  });
  return times.sort((a, b) => (a.last < b.last ? 1 : -1)).map(({ digest }) => digest);
}

/** The tag under which an image is pushed: the same for the same image. */
export function imageTag(digest: string): string {
  return `image-${digestHex(digest).slice(0, 32)}`;
}

function digestHex(digest: string): string {
  return digest.slice(digest.indexOf(":") + 1);
}

/** The digest that an image's address ends with. */
export function digestOf(imageUri: string): string | undefined {
  return /@(sha256:[0-9a-f]{64})$/.exec(imageUri)?.[1];
}

export function outputOf(outputs: Readonly<Record<string, string>>, name: string, stack: string): string {
  const value = outputs[name];
  if (value !== undefined) return value;
  throw new DeployError(
    "stack",
    `${stack} has no output ${name}`,
    "it was changed by hand or created by a much older release: todos diff shows the differences",
  );
}
