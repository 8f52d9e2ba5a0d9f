import type { Commit } from "./commit.ts";
import type { Contents, Metafile } from "./compile.ts";
import { buildPage, packedPage } from "./page.ts";
import { sbomOf } from "./sbom.ts";

/** Makes what the executable has beside the code. @param bundle of the code */
export async function contentsOf(root: string, bundle: Metafile, commit: Commit): Promise<Contents> {
  const page = await buildPage(root);
  const sbom = await sbomOf(root, [bundle, page.metafile]);
  return { commit, sbom, page: await packedPage(root, page) };
}
