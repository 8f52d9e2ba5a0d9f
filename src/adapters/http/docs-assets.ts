import swaggerCss from "swagger-ui-dist/swagger-ui.css" with { type: "file" };
import swaggerJs from "swagger-ui-dist/swagger-ui-bundle.js" with { type: "file" };
import pageCss from "./assets/page.css" with { type: "text" };
import startJs from "./assets/start.txt" with { type: "text" };
import { contentEtag } from "./etag.ts";

/** A file of the documentation page. */
export interface Asset {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
  readonly etag: string;
}

const SCRIPT = "text/javascript; charset=utf-8";
const STYLE = "text/css; charset=utf-8";

const SOURCES = {
  "swagger-ui.css": [STYLE, () => Bun.file(swaggerCss).bytes()],
  "swagger-ui-bundle.js": [SCRIPT, () => Bun.file(swaggerJs).bytes()],
  "start.js": [SCRIPT, async () => new TextEncoder().encode(startJs)],
  "page.css": [STYLE, async () => new TextEncoder().encode(pageCss)],
} as const satisfies Record<string, readonly [string, () => Promise<Uint8Array<ArrayBuffer>>]>;

/** Read out of the executable on each request: browsers keep them, and memory need not. */
export async function assetOf(name: keyof typeof SOURCES): Promise<Asset> {
  const [type, read] = SOURCES[name];
  const bytes = await read();
  return { bytes, type, etag: contentEtag(bytes) };
}
