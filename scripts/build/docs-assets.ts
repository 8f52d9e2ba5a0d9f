import { mkdir, rename } from "node:fs/promises";
import { dirname, join } from "node:path";

/** The source of the documentation page's files, by its place in the lockfile. */
export const DOCS_PACKAGE = "node_modules/swagger-ui-dist";
const NAMES = ["swagger-ui.css", "swagger-ui-bundle.js"] as const;
const GZIP = { level: 9, library: "zlib" } as const;

/**
 * Paths, relative to the root, of the documentation page's files as they are sent: compressed once, here, and not for
 * each reader. Every browser accepts gzip; a second coding would take more space than it saves.
 */
export async function docsAssets(root: string): Promise<string[]> {
  return await Promise.all(NAMES.map((name) => packed(root, name)));
}

async function packed(root: string, name: string): Promise<string> {
  const path = `.cache/docs-assets/${name}.gz`;
  const temporary = join(root, `${path}.${process.pid}`);
  await mkdir(dirname(temporary), { recursive: true });
  await Bun.write(temporary, Bun.gzipSync(await Bun.file(join(root, DOCS_PACKAGE, name)).bytes(), GZIP));
  await rename(temporary, join(root, path));
  return path;
}
