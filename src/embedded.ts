/**
 * Texts of files that the executable contains, found when it is built. Import it only with `{ type: "macro" }`: the
 * bundler calls it, and the program has the result.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Every file of a folder of the repository.
 * @param folder relative to the root
 * @returns pairs of name without extension, and text, in order of name
 */
export function textsIn(folder: string): (readonly [name: string, text: string])[] {
  const path = join(import.meta.dir, "..", folder);
  const files = readdirSync(path).sort();
  return files.map((file) => [file.replace(/\.\w+$/, ""), readFileSync(join(path, file), "utf8")]);
}
