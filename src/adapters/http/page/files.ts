import { join } from "node:path";
import { type Asset, embeddedAsset } from "../assets.ts";

/** What the build puts before the names of the page's files. */
const PREFIX = "page-";
/** Where it leaves them, for a program that is run from source. */
const BUILT = join(import.meta.dir, "../../../../.cache/page");
/** As the build makes them, `main-4q2tf7zy.js`: the files whose names change with their contents. */
const HASHED = /^[\w-]+-[0-9a-z]{8,}\.(?:js|css|svg|png)$/;

const TYPES: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  png: "image/png",
  html: "text/html; charset=utf-8",
  webmanifest: "application/manifest+json",
};

/** By name; there are as many as the build made, since unknown names are not kept. */
const files = new Map<string, Asset>();
const texts = new Map<string, string>();

export function isHashed(name: string): boolean {
  return HASHED.test(name);
}

/** @returns undefined if there is none */
export async function pageFile(name: string): Promise<Asset | undefined> {
  const known = files.get(name);
  if (known) return known;
  const packed = `${PREFIX}${name}.gz`;
  const type = TYPES[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream";
  const found = await embeddedAsset(packed, type, () => Bun.file(join(BUILT, packed)));
  if (found) files.set(name, found);
  return found;
}

/** @throws Error if the program was made without it */
export async function knownFile(name: string): Promise<Asset> {
  const found = await pageFile(name);
  if (!found) throw new Error(`There is no ${name}: the page was not built (npm run build).`);
  return found;
}

/** @throws Error if the program was made without it */
export async function pageText(name: string): Promise<string> {
  const known = texts.get(name);
  if (known !== undefined) return known;
  const whole = (await knownFile(name)).whole();
  const text = typeof whole === "string" ? whole : await whole.text();
  texts.set(name, text);
  return text;
}
