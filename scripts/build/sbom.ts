import { Database } from "bun:sqlite";
import { join } from "node:path";
import type { Metafile } from "./compile.ts";
import { DOCS_PACKAGE } from "./docs-assets.ts";

/**
 * Part of a CycloneDX 1.6 document. It has no time and no serial number, so that the same build has the same
 * bytes.
 */
export interface Sbom {
  readonly bomFormat: "CycloneDX";
  readonly specVersion: "1.6";
  readonly version: 1;
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

export interface Component {
  readonly type: "application" | "library" | "platform";
  readonly "bom-ref": string;
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly licenses: readonly ({ license: { id: string } | { name: string } } | { expression: string })[];
  readonly purl: string;
  readonly hashes?: readonly { readonly alg: "SHA-256" | "SHA-512"; readonly content: string }[];
}

type Bundle = Pick<Metafile, "outputs">;

/** Part of package-lock.json, version 3. */
interface Lockfile {
  readonly name: string;
  readonly version: string;
  readonly packages: Readonly<Record<string, LockedPackage>>;
}
interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/**
 * The contents of the binary: npm packages by the lockfile, Bun, and Bun's SQLite.
 * @param bundles the program, and the page in it
 */
export async function sbomOf(root: string, bundles: readonly Bundle[]): Promise<Sbom> {
  const lock: Lockfile = await Bun.file(join(root, "package-lock.json")).json();
  const places = [...new Set([...bundles.flatMap(bundledPackages), DOCS_PACKAGE])].sort();
  const packages = places.map((place) => npmComponent(place, lock));
  const self = application(lock);
  const refs = new Map(places.map((place, index) => [place, packages[index]?.["bom-ref"] ?? ""]));
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: self },
    components: [...packages, BUN, sqlite()],
    dependencies: [
      { ref: self["bom-ref"], dependsOn: [...directRefs("", lock, refs), BUN["bom-ref"]] },
      ...places.map((place) => ({ ref: refs.get(place) ?? "", dependsOn: directRefs(place, lock, refs) })),
      { ref: BUN["bom-ref"], dependsOn: [sqlite()["bom-ref"]] },
    ],
  };
}

/** Places in the lockfile, as `node_modules/elysia`, of packages with at least one byte in the bundle. */
export function bundledPackages(bundle: Bundle): string[] {
  const places = new Set<string>();
  for (const output of Object.values(bundle.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(output.inputs)) {
      const place = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];
      if (place !== undefined && bytesInOutput > 0) places.add(place.slice(place.indexOf("node_modules/")));
    }
  }
  return [...places].sort();
}

function npmComponent(place: string, lock: Lockfile): Component {
  const locked = lock.packages[place];
  if (!locked?.version) throw new Error(`${place} is in the bundle and not in package-lock.json.`);
  const fullName = place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length);
  const [group, name] = fullName.startsWith("@") ? fullName.split("/") : [undefined, fullName];
  const purl = `pkg:npm/${fullName.replace("@", "%40")}@${locked.version}`;
  return {
    type: "library",
    "bom-ref": purl,
    ...(group === undefined ? {} : { group }),
    name: name ?? fullName,
    version: locked.version,
    licenses: licenses(locked.license),
    purl,
    ...hashes(locked.integrity),
  };
}

function hashes(integrity: string | undefined): Pick<Component, "hashes"> {
  if (!integrity?.startsWith("sha512-")) return {};
  const content = Buffer.from(integrity.slice("sha512-".length), "base64").toString("hex");
  return { hashes: [{ alg: "SHA-512", content }] };
}

function licenses(license: string | undefined): Component["licenses"] {
  if (!license) return [{ license: { name: "unknown" } }];
  return / (?:OR|AND|WITH) /.test(license) ? [{ expression: license }] : [{ license: { id: license } }];
}

/** Dependencies of the package at `place` that are in the bundle, found as Node's resolution would. */
function directRefs(place: string, lock: Lockfile, refs: ReadonlyMap<string, string>): string[] {
  const { dependencies, devDependencies, peerDependencies } = lock.packages[place] ?? {};
  const found = Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies }).map((name) => {
    for (let at = place; ; at = at.slice(0, Math.max(at.lastIndexOf("/node_modules/"), 0))) {
      const ref = refs.get(`${at}${at === "" ? "" : "/"}node_modules/${name}`);
      if (ref !== undefined || at === "") return ref;
    }
  });
  return found.filter((ref) => ref !== undefined).sort();
}

function application({ name, version }: Lockfile): Component {
  const purl = `pkg:generic/${name}@${version}`;
  return { type: "application", "bom-ref": purl, name, version, licenses: licenses("Apache-2.0"), purl };
}

const BUN: Component = {
  type: "platform",
  "bom-ref": `pkg:github/oven-sh/bun@bun-v${Bun.version}`,
  name: "bun",
  version: Bun.version,
  licenses: licenses("MIT"),
  purl: `pkg:github/oven-sh/bun@bun-v${Bun.version}`,
};

/** SQLite is part of Bun's executable; only that knows the version. */
function sqlite(): Component {
  using database = new Database(":memory:");
  const row = database.query("SELECT sqlite_version() AS version").get();
  const version = String((row as { version?: unknown } | null)?.version);
  const purl = `pkg:generic/sqlite@${version}`;
  return { type: "library", "bom-ref": purl, name: "sqlite", version, licenses: licenses("blessing"), purl };
}
