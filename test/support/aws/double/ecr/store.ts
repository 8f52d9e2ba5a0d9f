import { createHash } from "node:crypto";

export interface Manifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly pushedAt: Date;
}

export interface Repository {
  readonly manifests: Map<string, Manifest>;
  /** Tag → digest. */
  readonly tags: Map<string, string>;
  readonly blobs: Map<string, Buffer>;
  readonly uploads: Map<string, Buffer>;
}

/** Pushed images by repository name. Deleted with the repository. */
export class ImageStore {
  readonly #repositories = new Map<string, Repository>();

  of(name: string): Repository {
    const found = this.#repositories.get(name);
    if (found !== undefined) return found;
    const made = { manifests: new Map(), tags: new Map(), blobs: new Map(), uploads: new Map() };
    this.#repositories.set(name, made);
    return made;
  }

  forget(name: string): void {
    this.#repositories.delete(name);
  }

  names(): string[] {
    return [...this.#repositories.keys()];
  }

  /** Stores a manifest as if someone had pushed it. @returns its digest */
  put(name: string, tag: string | undefined, bytes: Buffer, mediaType: string, pushedAt: Date): string {
    const repository = this.of(name);
    const digest = digestOf(bytes);
    if (!repository.manifests.has(digest))
      repository.manifests.set(digest, { digest, mediaType, bytes, pushedAt });
    if (tag !== undefined) repository.tags.set(tag, digest);
    return digest;
  }
}

export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** Parses `host/name@sha256:…` or `host/name:tag`. */
export function referenceOf(image: string): {
  readonly host: string;
  readonly name: string;
  readonly reference: string;
} {
  const [, host = "", name = "", byTag, byDigest] =
    /^([^/]+)\/([^@:]+)(?::([^@]+))?(?:@(.+))?$/.exec(image) ?? [];
  return { host, name, reference: byDigest ?? byTag ?? "latest" };
}
