/** Processors for images, by the names that images use. */
export type ImageArchitecture = "amd64" | "arm64";

export type LayerCompression = "zstd" | "gzip";

/** One content-addressed part of an image. */
export interface Descriptor {
  readonly mediaType: string;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A part and its bytes, in memory or in a file. */
export interface ImageBlob {
  readonly descriptor: Descriptor;
  readonly content: Blob;
}

/** Says what an image is about: a manifest of its own whose `subject` is the image. */
export interface ImageReferrer {
  readonly manifest: ImageBlob;
  readonly blobs: readonly ImageBlob[];
}

/** An image that was built but not yet pushed. */
export interface BuiltImage {
  /** Of the manifest: what a task definition pins. */
  readonly digest: string;
  readonly architecture: ImageArchitecture;
  readonly manifest: ImageBlob;
  readonly config: ImageBlob;
  /** From the base upwards; the last one holds the program. */
  readonly layers: readonly ImageBlob[];
  /** The bill of materials. */
  readonly sbom: ImageReferrer;
  /** Of all layers as they are sent, bytes. */
  readonly compressedBytes: number;
  /** What is inside, for people and for `--json`. */
  readonly program: ImageProgram;
}

export interface ImageProgram {
  /** Hexadecimal SHA-256 of the executable. */
  readonly sha256: string;
  readonly bytes: number;
  /** Its path in the image. */
  readonly path: string;
}

export interface BuildRequest {
  /** A Linux executable of todos. */
  readonly binaryPath: string;
  readonly architecture: ImageArchitecture;
  /** `registry/repository@sha256:…` as the base, instead of the one inside the executable. */
  readonly base?: BaseRequest;
  readonly compression: LayerCompression;
  readonly labels?: Readonly<Record<string, string>>;
  /** Where compressed parts are kept for the next build; the image is the same with and without. */
  readonly cacheFolder?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (event: BuildProgress) => void;
}

export interface BaseRequest {
  readonly reference: string;
  readonly credentials?: RegistryCredentials;
}

export interface BuildProgress {
  readonly event: "compressing";
  readonly bytesDone: number;
  readonly bytesTotal: number;
}

export interface RegistryCredentials {
  readonly username: string;
  readonly password: string;
}

/** A repository of a registry. */
export interface ImageRepository {
  /** `https://host[:port]`; `http:` only for this machine's own addresses. */
  readonly origin: string;
  /** As `todos` or `team/todos`. */
  readonly name: string;
  readonly credentials?: RegistryCredentials;
}

export interface PushRequest {
  readonly repository: ImageRepository;
  /** An additional tag, if wanted. */
  readonly tag?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (event: PushProgress) => void;
}

export type PushProgress =
  | { readonly event: "present"; readonly digest: string; readonly bytes: number }
  | {
      readonly event: "sending";
      readonly digest: string;
      readonly bytesDone: number;
      readonly bytesTotal: number;
    }
  | {
      readonly event: "resumed";
      readonly digest: string;
      readonly fromByte: number;
      readonly bytesTotal: number;
    }
  | { readonly event: "waiting"; readonly reason: string; readonly waitMs: number }
  | { readonly event: "pushed"; readonly digest: string }
  | { readonly event: "sbom"; readonly outcome: SbomOutcome };

/**
 * The result for the bill of materials: the registry lists it as a referrer; it is listed under the fallback tag;
 * or the registry refused it.
 */
export type SbomOutcome = "referrer" | "tag" | "refused";

export interface PushReport {
  readonly digest: string;
  readonly bytesSent: number;
  /** Bytes of blobs that the registry already had. */
  readonly bytesPresent: number;
  readonly sbom: SbomOutcome;
}

export interface VerifyRequest {
  readonly repository: ImageRepository;
  /** A digest, or a tag that is followed to one. */
  readonly reference: string;
  /** What the image must hold. */
  readonly program: { readonly sha256: string; readonly architecture: ImageArchitecture };
  readonly signal?: AbortSignal;
  readonly onProgress?: (event: VerifyProgress) => void;
}

export interface VerifyProgress {
  readonly event: "reading";
  readonly bytesDone: number;
  readonly bytesTotal: number;
}

/** The result of checking an image in a registry. It is the program if and only if `differences` is empty. */
export interface ImageProof {
  readonly digest: string;
  readonly architecture: string;
  /** Hexadecimal SHA-256 of what the image runs; undefined if there is nothing at that path. */
  readonly sha256: string | undefined;
  /** One sentence each. */
  readonly differences: readonly string[];
}

/** Builds, sends and checks images. */
export interface Images {
  build(request: BuildRequest): Promise<BuiltImage>;
  push(image: BuiltImage, request: PushRequest): Promise<PushReport>;
  /** Whether the repository has this manifest. */
  exists(repository: ImageRepository, digest: string, signal?: AbortSignal): Promise<boolean>;
  verify(request: VerifyRequest): Promise<ImageProof>;
  /** Creates the folder of an OCI image layout and checks that it is writable. @throws ImageError `disk` */
  prepareLayout(folder: string): Promise<void>;
  /** Writes an OCI image layout. */
  writeLayout(image: BuiltImage, folder: string, signal?: AbortSignal): Promise<void>;
}

export type ImageErrorCode =
  | "bad-binary"
  | "bad-reference"
  | "bad-image"
  | "unauthorized"
  | "forbidden"
  | "not-found"
  | "tag-taken"
  | "unknown-host"
  | "unreachable"
  | "tls"
  | "registry-failed"
  | "digest-mismatch"
  | "disk"
  | "interrupted";

/** Why an image could not be made, sent or read, in a sentence for the user; `advice` says what to do next. */
export class ImageError extends Error {
  override readonly name = "ImageError";

  constructor(
    readonly code: ImageErrorCode,
    message: string,
    readonly advice?: string,
    facts: { readonly cause?: unknown } = {},
  ) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
  }
}
