import { basename } from "node:path";
import { type OutputChunk, type Plugin, rollup } from "rollup";

/** A JavaScript file of the page. */
export interface Chunk {
  readonly name: string;
  readonly code: string;
  /** Names of the chunks that it loads before itself. */
  readonly imports: readonly string[];
  /** Name of the entry point that it was made of. */
  readonly entry: string | undefined;
}

const SHARED = "shared";

/**
 * Puts what the bundler has split into fewer files. It makes one for each set of entry points and lazy parts that share
 * something: some forty small ones for the first screen, each of which costs a request and compresses by itself.
 * @param files by name; what they import is among them
 * @param entries names of the entry points; what the first one needs at once comes in one file
 */
export async function regrouped(
  files: ReadonlyMap<string, string>,
  entries: readonly string[],
): Promise<readonly Chunk[]> {
  const bundle = await rollup({
    input: [...entries],
    logLevel: "warn",
    plugins: [fromMemory(files), minified],
    onwarn: (warning) => {
      throw new Error(`The page's files can't be put together: ${warning.message}`);
    },
  });
  const first = reached(entries[0] ?? "", files);
  const { output } = await bundle.generate({
    format: "es",
    compact: true,
    hoistTransitiveImports: false,

    hashCharacters: "base36",
    entryFileNames: named,
    chunkFileNames: named,
    onlyExplicitManualChunks: true,
    manualChunks: (id) => (first.has(id) && !entries.includes(id) ? SHARED : undefined),
  });
  await bundle.close();
  return output.filter((file) => file.type === "chunk").map(chunkOf);
}

/** The bundler's own hash says nothing any more. */
function named({ name }: { readonly name: string }): string {
  return `${name.replace(/-[0-9a-z]{8}$/, "")}-[hash].js`;
}

function chunkOf({ fileName, code, imports, isEntry, facadeModuleId }: OutputChunk): Chunk {
  return { name: fileName, code, imports, entry: isEntry && facadeModuleId ? facadeModuleId : undefined };
}

/** Names of the files that this one imports, however far away, itself included. */
function reached(entry: string, files: ReadonlyMap<string, string>): ReadonlySet<string> {
  const found = new Set<string>();
  const scanner = new Bun.Transpiler({ loader: "js" });
  const visit = (name: string): void => {
    if (found.has(name)) return;
    found.add(name);
    for (const { path, kind } of scanner.scanImports(files.get(name) ?? ""))
      if (kind === "import-statement") visit(basename(path));
  };
  visit(entry);
  return found;
}

function fromMemory(files: ReadonlyMap<string, string>): Plugin {
  return {
    name: "from-memory",
    resolveId: (path) => (files.has(basename(path)) ? basename(path) : null),
    load: (name) => files.get(name) ?? null,
  };
}

/** Before names of files are made of their contents. */
const minified: Plugin = {
  name: "minified",
  renderChunk: async (code) => {
    const { outputs } = await Bun.build({
      entrypoints: ["chunk.js"],
      target: "browser",
      format: "esm",
      minify: true,
      plugins: [
        {
          name: "one-file",
          setup: (build) => {
            build.onResolve({ filter: /./ }, ({ path, importer }) =>
              importer === "" ? { path, namespace: "page" } : { path, external: true },
            );
            build.onLoad({ filter: /./, namespace: "page" }, () => ({ contents: code, loader: "js" }));
          },
        },
      ],
    });
    return { code: (await outputs[0]?.text()) ?? "", map: null };
  },
};
