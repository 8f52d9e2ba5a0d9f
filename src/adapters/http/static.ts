import { type Asset, embeddedAsset } from "./assets.ts";
import pageCss from "./docs/assets/page.css" with { type: "text" };
import signInJs from "./docs/assets/sign-in.txt" with { type: "text" };
import startJs from "./docs/assets/start.txt" with { type: "text" };
import { contentEtag } from "./kernel/etag.ts";

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
/** A file of the documentation page. */
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
  const asset = await embeddedAsset(`${name}.gz`, PACKED[name], () => fromPackage(name));
  if (!asset) throw new Error(`The program was built without ${name}.`);
  return asset;
}

async function fromPackage(name: PackedName): Promise<Blob> {
  const source = Bun.file(Bun.resolveSync(`swagger-ui-dist/${name}`, import.meta.dir));
  return new Blob([Bun.gzipSync(await source.bytes())]);
}
