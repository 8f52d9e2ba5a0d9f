import { ImageError, type ImageRepository } from "../../application/deploy/images.ts";
import { isDigest } from "./digest.ts";

/** What `registry/repository[:tag][@digest]` names. */
export interface ImageReference {
  readonly repository: ImageRepository;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/** Source: OCI distribution specification 1.1, "Pulling manifests". */
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const HOST = /^(?:[a-zA-Z0-9.-]+|\[[0-9a-fA-F:]+\])(?::\d+)?$/;
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/;

/**
 * Only loopback addresses are contacted without TLS.
 * @throws ImageError `bad-reference`
 */
export function imageReference(text: string): ImageReference {
  const [named = "", digest, ...rest] = text.split("@");
  const slash = named.indexOf("/");
  const host = named.slice(0, Math.max(slash, 0));
  const colon = named.indexOf(":", slash + 1);
  const name = named.slice(slash + 1, colon < 0 ? undefined : colon);
  const tag = colon < 0 ? undefined : named.slice(colon + 1);
  const mistake =
    rest.length > 0 || slash < 0 || !HOST.test(host) || !/[.:]|^localhost$/.test(host)
      ? "it must start with a registry's host, as in 123456789012.dkr.ecr.eu-west-1.amazonaws.com/todos"
      : !REPOSITORY.test(name)
        ? `"${name}" can't be a repository's name`
        : tag !== undefined && !TAG.test(tag)
          ? `"${tag}" can't be a tag`
          : digest !== undefined && !isDigest(digest)
            ? "a digest is sha256: and 64 hexadecimal digits"
            : undefined;
  if (mistake !== undefined) {
    throw new ImageError("bad-reference", `"${text}" is not an image reference: ${mistake}.`);
  }
  const origin = `${LOOPBACK.test(host) ? "http" : "https"}://${host}`;
  return { repository: { origin, name }, tag, digest };
}
