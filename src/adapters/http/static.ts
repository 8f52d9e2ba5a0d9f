import pageCss from "./docs/assets/page.css" with { type: "text" };
import signInJs from "./docs/assets/sign-in.txt" with { type: "text" };
import startJs from "./docs/assets/start.txt" with { type: "text" };
import { contentEtag } from "./kernel/etag.ts";

/** A file of the documentation page. */
export interface Asset {
  readonly type: string;
  readonly etag: string;
  /** As compressed by the build, with gzip; absent if not worth it. */
  readonly packed?: Blob;
  whole(): string | Blob | Promise<Blob>;
}

const SCRIPT = "text/javascript; charset=utf-8";
const STYLE = "text/css; charset=utf-8";
/** The build puts only the compressed form of these into the executable. */
const PACKED = { "swagger-ui.css": STYLE, "swagger-ui-bundle.js": SCRIPT } as const;
const TEXTS = {
  "start.js": [SCRIPT, startJs],
  "sign-in.js": [SCRIPT, signInJs],
  "page.css": [STYLE, pageCss],
} as const;

type PackedName = keyof typeof PACKED;
export type AssetName = PackedName | keyof typeof TEXTS;

/** One Blob each, so that all answers share the same bytes. */
const assets = new Map<AssetName, Promise<Asset>>();

export function assetOf(name: AssetName): Promise<Asset> {
  let asset = assets.get(name);
  if (!asset) {
    asset = isPacked(name) ? packedAsset(name) : textAsset(name);
    assets.set(name, asset);
  }
  return asset;
}

function isPacked(name: AssetName): name is PackedName {
  return name in PACKED;
}

async function textAsset(name: keyof typeof TEXTS): Promise<Asset> {
  const [type, text] = TEXTS[name];
  return { type, etag: contentEtag(text), whole: () => text };
}

async function packedAsset(name: PackedName): Promise<Asset> {
  const packed = await packedFile(name);
  const type = PACKED[name];
  let whole: Promise<Blob> | undefined;
  return {
    type,
    etag: contentEtag(await packed.bytes()),
    packed,
    // Hardly anyone asks for it: browsers take gzip.
    whole: () => {
      whole ??= packed.bytes().then((bytes) => new Blob([Bun.gunzipSync(bytes)]));
      return whole;
    },
  };
}

async function packedFile(name: PackedName): Promise<Blob> {
  const embedded = Bun.embeddedFiles.find((file) => "name" in file && file.name === `${name}.gz`);
  if (embedded) return embedded;
  // Run from source, there is no such file.
  const source = Bun.file(Bun.resolveSync(`swagger-ui-dist/${name}`, import.meta.dir));
  return new Blob([Bun.gzipSync(await source.bytes())]);
}
