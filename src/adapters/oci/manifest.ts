import { type Descriptor, ImageError } from "../../application/deploy/images.ts";
import { isDigest } from "./digest.ts";
import { DOCKER_INDEX, MEDIA_TYPES } from "./media-types.ts";

/** The parts of an image's manifest that we use. */
export interface ImageManifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

export interface PlatformDescriptor extends Descriptor {
  readonly platform?: { readonly architecture: string; readonly os: string };
}

/** Part of an image's configuration. */
export interface StoredConfig {
  readonly architecture: string;
  readonly os: string;
  readonly environment: readonly string[];
  readonly entrypoint: readonly string[];
  readonly user: string;
  readonly diffIds: readonly string[];
}

export function isIndex(mediaType: string): boolean {
  return mediaType === MEDIA_TYPES.index || mediaType === DOCKER_INDEX;
}

/** @param text of a manifest or index @param name of the image, for messages @throws ImageError `bad-image` */
export function parsedJson(text: string, name: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw notAnImage(name);
}

/** @throws ImageError `bad-image` */
export function imageManifest(text: string, name: string): ImageManifest {
  const { config, layers } = parsedJson(text, name);
  if (!isDescriptor(config) || !Array.isArray(layers) || !layers.every(isDescriptor)) throw notAnImage(name);
  return { config, layers };
}

/** @throws ImageError `bad-image` */
export function indexedManifests(text: string, name: string): readonly PlatformDescriptor[] {
  const { manifests } = parsedJson(text, name);
  if (!Array.isArray(manifests) || !manifests.every(isDescriptor)) throw notAnImage(name);
  return manifests;
}

/** @throws ImageError `bad-image` */
export function storedConfig(text: string, name: string): StoredConfig {
  const { architecture, os, config, rootfs } = parsedJson(text, name);
  const inner = isRecord(config) ? config : {};
  return {
    architecture: String(architecture),
    os: String(os),
    environment: texts(inner.Env),
    entrypoint: texts(inner.Entrypoint),
    user: String(inner.User ?? ""),
    diffIds: texts(isRecord(rootfs) ? rootfs.diff_ids : undefined),
  };
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function isDescriptor(value: unknown): value is PlatformDescriptor {
  if (!isRecord(value)) return false;
  return typeof value.mediaType === "string" && isDigest(String(value.digest)) && isSize(value.size);
}

function isSize(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function notAnImage(name: string): ImageError {
  return new ImageError("bad-image", `${name} is not an image that todos can read.`);
}
