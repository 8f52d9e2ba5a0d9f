import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Glob } from "bun";
import { PAGE_POLICY } from "../../src/adapters/http/page/policy.ts";
import { bunBuild } from "./bun-build.ts";
import { type Chunk, regrouped } from "./page-chunks.ts";
import { pageHtml, picturedHtml, type Shell } from "./page-html.ts";

/** The page's source; everything in it is an input of the build. */
export const PAGE_SOURCES = ["src/adapters/ui/**/*", "src/domain/**/*", "src/lib/**/*"];
const UI = "src/adapters/ui";
/** Where the page's code may come from. Anything else would be the server's, or a stand-in for a part of Node. */
const ALLOWED = ["src/adapters/ui/", "src/domain/", "src/lib/", "node_modules/"];
/** Pages by the name of their shell; each has an entry point of that name. */
const ENTRIES: Readonly<Record<string, string>> = { index: "main.tsx", status: "status.tsx" };
/** Styles of what is not on the first screen: the bundler would put them into those that are loaded first. */
const LATER = "style/later.css";
/** Compressed once, here, and not for each reader. Every browser accepts it. */
const GZIP = { level: 9, library: "zlib" } as const;
const FOLDER = ".cache/page";
const FLAGS = [
  ...["--target=browser", "--format=esm", "--splitting", "--no-module-preload", "--minify-syntax"],
  "--minify-whitespace",
  ...["entry", "chunk", "asset"].map((kind) => `--${kind}-naming=[name]-[hash].[ext]`),
];

/** What tells the page's files from others in the executable. */
export const PAGE_PREFIX = "page-";

/** A file of the page, whole. */
export interface PageFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface BuiltPage {
  readonly files: readonly PageFile[];
  /** Names of the files that a shell loads before it shows anything, itself included. */
  readonly firstLoad: Readonly<Record<string, readonly string[]>>;
  /** Which packages are in it; see the bill of materials. */
  readonly metafile: PageMetafile;
}

/** Part of the bundler's report. */
interface PageMetafile {
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, PageOutput>>;
}
interface PageOutput {
  readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>>;
  readonly entryPoint?: string;
  readonly cssBundle?: string;
}

/** The same sources give the same bytes. @throws Error if the page does not build, or takes code of the server's */
export async function buildPage(root: string): Promise<BuiltPage> {
  const { files, metafile } = await bundled(root, [...Object.values(ENTRIES), LATER]);
  checkInputs(metafile);
  const icons = await iconFiles(root);
  const later = laterStyles(files);
  const entries = Object.entries(ENTRIES).map(([name, entry]) => ({ name, ...outputOf(entry, metafile) }));
  const chunks = await regrouped(
    scriptsIn(files),
    entries.map(({ script }) => script),
  );
  const early = await oneFile(root, "picture.ts");
  const shells = entries.map((entry) => shellOf(entry, chunks, { icons, later }));
  const manifest = await manifestFile(root, icons);
  const pages = shells.map((shell) => textFile(`${shell.name}.html`, pageHtml(shell)));
  // The bundler puts all styles into that of the entry point, and makes one more of each part that is loaded later.
  const styles = [later, ...shells.flatMap((shell) => shell.styles)];
  const loaded = [
    ...chunks.map(({ name, code }) => textFile(name, code)),
    ...files.filter(({ name }) => styles.includes(name)),
  ];
  const hashed = [...loaded, early, ...icons].sort(byName);
  const worker = await workerFile(root, hashed, pages, templateOf(shells, early));
  const firstLoad = Object.fromEntries(
    shells.map(({ name, scripts, styles }) => [name, [`${name}.html`, ...scripts, ...styles]]),
  );
  return { files: [...hashed, ...pages, manifest, worker], firstLoad, metafile };
}

/** Paths, relative to the root, of the page's compressed files, for the executable. */
export async function packedPage(root: string, { files }: BuiltPage): Promise<string[]> {
  const folder = join(root, FOLDER);
  await mkdir(folder, { recursive: true });
  const names = await Promise.all(files.map((file) => packed(folder, file)));
  const gone = (await readdir(folder)).filter((name) => name.endsWith(".gz") && !names.includes(name));
  await Promise.all(gone.map((name) => rm(join(folder, name), { force: true })));
  return names.map((name) => `${FOLDER}/${name}`);
}

async function packed(folder: string, { name, bytes }: PageFile): Promise<string> {
  const packedName = `${PAGE_PREFIX}${name}.gz`;
  const temporary = join(folder, `${packedName}.${process.pid}`);
  await Bun.write(temporary, Bun.gzipSync(bytes, GZIP));
  await rename(temporary, join(folder, packedName));
  return packedName;
}

/** In a process of its own, because names of files depend on the folder that the bundler runs in. */
async function bundled(
  root: string,
  entries: readonly string[],
  { define = {}, flags = [] }: { define?: Readonly<Record<string, string>>; flags?: readonly string[] } = {},
): Promise<{ files: readonly PageFile[]; metafile: PageMetafile }> {
  const folder = await mkdtemp(join(tmpdir(), "todos-page-"));
  try {
    const metafile = join(folder, "meta.json");
    const outputs = [`--outdir=${join(folder, "out")}`, `--metafile=${metafile}`];
    const constants = Object.entries({ "process.env.NODE_ENV": '"production"', ...define });
    const defines = constants.map(([name, value]) => `--define=${name}=${value}`);
    const sources = entries.map((entry) => `./${UI}/${entry}`);
    await bunBuild(root, [...FLAGS, ...flags, ...outputs, ...defines, ...sources]);
    const names = await Array.fromAsync(new Glob("*").scan(join(folder, "out")));
    const files = names.map(async (name) => ({
      name,
      bytes: await Bun.file(join(folder, "out", name)).bytes(),
    }));
    return { files: await Promise.all(files), metafile: await Bun.file(metafile).json() };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function checkInputs({ inputs }: PageMetafile): void {
  for (const input of Object.keys(inputs)) {
    const path = input.slice(Math.max(input.indexOf("node_modules/"), 0));
    if (!ALLOWED.some((folder) => path.startsWith(folder))) {
      throw new Error(`The page's code has ${path} in it; it may have only ${ALLOWED.join(", ")}.`);
    }
  }
}

function laterStyles(files: readonly PageFile[]): string {
  const found = files.find(({ name }) => /^later-[^.]+\.css$/.test(name));
  if (!found) throw new Error(`The bundler made nothing of ${LATER}.`);
  return found.name;
}

function textFile(name: string, text: string): PageFile {
  return { name, bytes: new TextEncoder().encode(text) };
}

function byName(a: PageFile, b: PageFile): number {
  return a.name < b.name ? -1 : 1;
}

interface Entry {
  readonly name: string;
  /** What the bundler made of it. */
  readonly script: string;
  readonly styles: readonly string[];
}

function outputOf(entry: string, { outputs }: PageMetafile): Omit<Entry, "name"> {
  const found = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint?.endsWith(`${UI}/${entry}`));
  if (!found) throw new Error(`The bundler made nothing of ${entry}.`);
  const [path, { cssBundle }] = found;
  return { script: basename(path), styles: cssBundle === undefined ? [] : [basename(cssBundle)] };
}

function scriptsIn(files: readonly PageFile[]): ReadonlyMap<string, string> {
  const scripts = files.filter(({ name }) => name.endsWith(".js"));
  return new Map(scripts.map(({ name, bytes }) => [name, new TextDecoder().decode(bytes)]));
}

/** What a page loads first: its entry point, what that imports, and their styles. */
function shellOf(
  { name, script, styles }: Entry,
  chunks: readonly Chunk[],
  { icons, later }: { readonly icons: readonly PageFile[]; readonly later: string },
): Shell {
  const scripts: string[] = [];
  const visit = (chunk: Chunk | undefined): void => {
    if (!chunk || scripts.includes(chunk.name)) return;
    scripts.push(chunk.name);
    for (const next of chunk.imports) visit(chunks.find((each) => each.name === next));
  };
  visit(chunks.find(({ entry }) => entry === script));
  return {
    name,
    scripts,
    styles,
    later,
    icon: iconNamed(icons, "icon", "svg"),
    touchIcon: iconNamed(icons, "touch", "png"),
  };
}

/** Icons under names that change with their contents. */
async function iconFiles(root: string): Promise<readonly PageFile[]> {
  const folder = join(root, UI, "icons");
  const names = await Array.fromAsync(new Glob("*.{svg,png}").scan(folder));
  return await Promise.all(
    names.sort().map(async (name) => {
      const bytes = await Bun.file(join(folder, name)).bytes();
      const [stem = "", kind = ""] = name.split(".");
      return { name: `${stem}-${Bun.hash.wyhash(bytes).toString(36)}.${kind}`, bytes };
    }),
  );
}

function iconNamed(icons: readonly PageFile[], stem: string, kind: string): string {
  const found = icons.find(({ name }) => new RegExp(`^${stem}-[0-9a-z]+\\.${kind}$`).test(name));
  if (!found) throw new Error(`There is no icon ${stem}.${kind}.`);
  return found.name;
}

/** The manifest names icons as they are in the source; here they get the names under which they are served. */
async function manifestFile(root: string, icons: readonly PageFile[]): Promise<PageFile> {
  const manifest = await Bun.file(join(root, UI, "manifest.json")).json();
  const served = manifest.icons.map((icon: { src: string }) => {
    const [stem = "", kind = ""] = icon.src.split(".");
    return { ...icon, src: `page/${iconNamed(icons, stem, kind)}` };
  });
  return textFile("manifest.webmanifest", JSON.stringify({ ...manifest, icons: served }));
}

/** Of the page that has a picture, from its second visit on. */
function templateOf(shells: readonly Shell[], early: PageFile): string {
  const shell = shells.find(({ name }) => name === "index");
  if (!shell) throw new Error("There is no page named index.");
  return picturedHtml(shell, early.name);
}

/** Knows every file of this build: it keeps them, so that an open page never misses a part of itself. */
async function workerFile(
  root: string,
  hashed: readonly PageFile[],
  pages: readonly PageFile[],
  template: string,
): Promise<PageFile> {
  const shells = Object.fromEntries(pages.map(({ name, bytes }) => [name, new TextDecoder().decode(bytes)]));
  const constants = {
    FILES: hashed.map(({ name }) => name),
    CSP: PAGE_POLICY,
    SHELLS: shells,
    TEMPLATE: template,
  };
  const defined = Object.entries(constants).map(([name, value]) => [name, JSON.stringify(value)] as const);
  const build = Bun.hash.wyhash(JSON.stringify(constants)).toString(36);
  const file = await oneFile(root, "service-worker.ts", {
    ...Object.fromEntries(defined),
    BUILD: JSON.stringify(build),
  });
  return { ...file, name: "service-worker.js" };
}

/** A script by itself, with all that it needs. @param define constants in it */
async function oneFile(
  root: string,
  source: string,
  define: Readonly<Record<string, string>> = {},
): Promise<PageFile> {
  const { files } = await bundled(root, [source], { define, flags: ["--minify-identifiers"] });
  const [file] = files;
  if (!file || files.length !== 1) throw new Error(`${source} must become one file.`);
  return file;
}
