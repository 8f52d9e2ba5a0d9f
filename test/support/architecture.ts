import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** A source file; `path` is relative to `src/`. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

export interface Import {
  readonly from: string;
  /** As written: `../domain/task.ts`, `node:fs`, `elysia`. */
  readonly specifier: string;
  /** Path relative to `src/` of a file of ours; undefined for a library. */
  readonly to: string | undefined;
}

const LINES_MAX = 400;
/** What commands share: all of them, those about a deployment, and what is found about a host. */
const SHARED_BY_COMMANDS = ["commands/support", "commands/deployment", "commands/findings"];
/** The one file that knows every command: it loads the one that was asked for. */
const COMMAND_TABLE = "commands/support/table.ts";
/** The list of every resource's modules, for what puts the program together. */
const RESOURCE_LIST = "resources";
/** The web page: it runs in browsers, and reaches the rest of the program only by its API. */
const PAGE = "adapters/ui";
/** What the bundler calls; it reads files that are not there when the program runs. */
const MACROS = "embedded";

// What the formatter leaves of every form there is; static ones begin a line. Types count too.
const IMPORT_FORMS = [
  /^(?:import|export)\b[^"';]*?\bfrom\s*"([^"]+)"/gm,
  /^import\s*"([^"]+)"/gm,
  /\bimport\(\s*"([^"]+)"/g,
  /\brequire\(\s*"([^"]+)"/g,
  /\bnew URL\(\s*"(\.[^"]+)"\s*,\s*import\.meta\.url/g,
];

/** Every TypeScript file under `folder`. @throws Error if it can't be read */
export function readSources(folder: string): Source[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.tsx?$/.test(path) && statSync(join(folder, path)).isFile())
    .map((path) => ({ path, text: readFileSync(join(folder, path), "utf8") }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

export function importsOf({ path, text }: Source): Import[] {
  const written = IMPORT_FORMS.flatMap((form) => [...text.matchAll(form)].map((match) => match[1] ?? ""));
  // The transpiler's own view, for forms that the patterns do not know; it leaves types out.
  const loader = path.endsWith("x") ? "tsx" : "ts";
  const scanned = new Bun.Transpiler({ loader }).scanImports(text).map((found) => found.path);
  return [...new Set([...written, ...scanned])].map((specifier) => ({
    from: path,
    specifier,
    to: specifier.startsWith(".") ? normalize(join(dirname(path), specifier)) : undefined,
  }));
}

/** Where a file stands: `domain`, `adapters/http`, `commands/backup`, `commands/support`, or its own name. */
export function layerOf(path: string): string {
  const [first = "", second = ""] = path.split("/");
  if (first === "adapters") return `adapters/${second}`;
  if (first === "commands") return `commands/${second.replace(/\.ts$/, "")}`;
  return first.replace(/\.ts$/, "");
}

/** One sentence for each import that the table in docs/architecture.md does not have. */
export function forbiddenImports(sources: readonly Source[]): string[] {
  return sources
    .flatMap(importsOf)
    .filter((found) => !isAllowed(found))
    .map(({ from, specifier }) => `${from} imports ${specifier}`);
}

function isAllowed({ from, specifier, to }: Import): boolean {
  const layer = layerOf(from);
  const [kind = ""] = layer.split("/");
  if (to === undefined) return isLibraryAllowed(layer, specifier);
  const target = layerOf(to);
  const [targetKind = ""] = target.split("/");
  if (target === layer || targetKind === "lib") return true;
  if (target === PAGE) return false;
  if (layer === PAGE) return targetKind === "domain";
  if (kind === "main") return targetKind !== "adapters";
  if (targetKind === "main") return false;
  if (kind === "commands")
    return targetKind !== "commands" || SHARED_BY_COMMANDS.includes(target) || from === COMMAND_TABLE;
  if (targetKind === "lib") return !isConstant(kind);
  // Nothing of it is in the program.
  if (kind === MACROS) return false;
  if (kind === RESOURCE_LIST) return targetKind === "adapters";
  if (kind === "lib") return false;
  if (kind === "adapters") return ["domain", "application", MACROS].includes(targetKind) || isAsset(to);
  if (kind === "application") return targetKind === "domain";
  if (kind === "config") return targetKind === "domain" || targetKind === "application";
  if (isConstant(kind)) return isConstant(targetKind) || isOutside(to);
  return false;
}

/** Facts about the build, at the root of src/: they import nothing of ours. */
function isConstant(kind: string): boolean {
  return kind === "build-info" || kind === "sbom" || kind === "embeds.d";
}

function isOutside(to: string): boolean {
  return to.startsWith("../");
}

/** Text that goes into the binary: documents, package.json. */
function isAsset(to: string): boolean {
  return isOutside(to) && !/\.tsx?$/.test(to);
}

function isLibraryAllowed(layer: string, specifier: string): boolean {
  const [kind = ""] = layer.split("/");
  if (kind === "domain") return false;
  // A hash is a function of its input and nothing else.
  if (kind === "lib") return specifier === "node:crypto";
  const ofRuntime = specifier === "bun" || /^(?:bun|node):/.test(specifier);
  if (layer === PAGE) return !ofRuntime;
  if (kind === MACROS) return ofRuntime;
  if (kind === "application" || isConstant(kind)) return false;
  return kind === "adapters" || ofRuntime;
}

interface Ban {
  readonly what: string;
  readonly pattern: RegExp;
  /** Layers it holds in, or does not. */
  readonly holdsIn: (layer: string) => boolean;
}

const inPureLayers = (layer: string) => ["domain", "application", "lib"].includes(layer);

const BANS: readonly Ban[] = [
  {
    what: "calls process.exit",
    pattern: /\bprocess\.(?:exit|reallyExit|abort)\b/,
    holdsIn: (layer) => layer !== "main",
  },
  {
    what: "reads the environment",
    // Nor may it get hold of the whole of it by way of config.
    pattern:
      /\bprocess\.env\b|\bBun\.env\b|\bimport\.meta\.env\b|\benv\b[^;]*from "(?:node:)?process"|\bEnvironment\b[^;]*from "[./]*config\//,
    holdsIn: (layer) => layer !== "config",
  },
  { what: "asks the clock", pattern: /\bDate\.now\b|\bnew Date\(\)|\bperformance\b/, holdsIn: inPureLayers },
  {
    what: "is random",
    pattern: /\bMath\.random\b|\brandomUUID|\bgetRandomValues\b/,
    holdsIn: inPureLayers,
  },
  {
    what: "calls a macro when it runs",
    pattern: /\/embedded\.ts"(?! with \{ type: "macro" \})/,
    holdsIn: () => true,
  },
  {
    what: "uses the runtime",
    pattern: /\bBun\.|\bprocess\./,
    holdsIn: (layer) => inPureLayers(layer) || layer === PAGE,
  },
];

/** One sentence for each thing that a file of its layer must not do. */
export function forbiddenActs(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text }) => {
    const code = withoutComments(text);
    return BANS.filter(({ holdsIn, pattern }) => holdsIn(layerOf(path)) && pattern.test(code)).map(
      ({ what }) => `${path} ${what}`,
    );
  });
}

/** The files of each circle of imports, those of types included: anyone who reads one of them must read all. */
export function importCircles(sources: readonly Source[]): string[][] {
  const targets = new Map(
    sources.map((source) => [source.path, importsOf(source).flatMap(({ to }) => to ?? [])]),
  );
  const reached = new Map([...targets.keys()].map((path) => [path, reachedFrom(path, targets)]));
  const circles = [...targets.keys()].map((path) =>
    [...(reached.get(path) ?? [])].filter((other) => reached.get(other)?.has(path)).sort(),
  );
  return [...new Map(circles.filter(({ length }) => length > 0).map((each) => [each.join(), each])).values()];
}

function reachedFrom(path: string, targets: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const reached = new Set<string>();
  const waiting = [path];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const target of targets.get(next) ?? []) {
      if (reached.has(target)) continue;
      reached.add(target);
      waiting.push(target);
    }
  }
  return reached;
}

export function overlongFiles(sources: readonly Source[]): string[] {
  return sources
    .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
    .filter(({ lines }) => lines > LINES_MAX)
    .map(({ path, lines }) => `${path} has ${lines} lines, more than ${LINES_MAX}`);
}

/** Folders of `expected` that are missing or hold no file. */
export function emptyFolders(root: string, expected: readonly string[]): string[] {
  return expected.filter((folder) => !hasFile(join(root, folder)));
}

function hasFile(folder: string): boolean {
  const entries = statSync(folder, { throwIfNoEntry: false })?.isDirectory()
    ? readdirSync(folder, { recursive: true, encoding: "utf8" })
    : [];
  return entries.some((path) => statSync(join(folder, path)).isFile());
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}
