import { type TarEntry, tarEnd, tarHeader, tarPadding } from "../../src/adapters/oci/tar.ts";
import type { BaseSystem } from "./base.ts";

/** Files of Debian's packages, by their path without a leading slash. */
export type BaseFiles = Map<string, { readonly packageName: string; readonly parts: readonly Uint8Array[] }>;

/** The libraries that Bun's executable is linked with, in addition to the loader. */
const LIBRARIES = ["libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2"];
const AUTHORITIES = /^usr\/share\/ca-certificates\/mozilla\/.+\.crt$/;
const EXECUTABLE = 0o755;
const READABLE = 0o644;
const USER_ID = 65532;

const TEXTS: Readonly<Record<string, string>> = {
  "etc/group": `todos:x:${USER_ID}:\n`,
  "etc/nsswitch.conf": "hosts: files dns\n",
  "etc/passwd": `todos:x:${USER_ID}:${USER_ID}:todos:/data:/nonexistent\n`,
};

interface Item {
  readonly entry: TarEntry;
  readonly content: Uint8Array;
}

/** The base layer: the needed parts of the C library, certificate authorities, a user, and no program. */
export function archiveOf(system: BaseSystem, files: BaseFiles): Uint8Array {
  const { libraryFolder, loader, loaderLink, packages } = system;
  const items = [
    ...[...LIBRARIES, loader].map((name) => {
      const path = `${libraryFolder}/${name}`;
      return fileItem(path, contentOf(files, path), EXECUTABLE);
    }),
    linkItem(...loaderLink),
    ...Object.entries(TEXTS).map(([path, text]) => fileItem(path, Buffer.from(text), READABLE)),
    fileItem("etc/ssl/certs/ca-certificates.crt", authorities(files), READABLE),
    ...packages.map((name) => {
      const path = `usr/share/doc/${name}/copyright`;
      return fileItem(path, contentOf(files, path), READABLE);
    }),
  ];
  return bytesOf([...folders(items), ...items].sort(byPath));
}

function contentOf(files: BaseFiles, path: string): Uint8Array {
  const bytes = Buffer.concat(files.get(path)?.parts ?? []);
  if (bytes.length === 0) throw new Error(`Debian's packages have no /${path} any more.`);
  return bytes;
}

function authorities(files: BaseFiles): Uint8Array {
  const paths = [...files.keys()].filter((path) => AUTHORITIES.test(path)).sort();
  return Buffer.concat(paths.map((path) => contentOf(files, path)));
}

function fileItem(path: string, content: Uint8Array, mode: number): Item {
  return { entry: { path, kind: "file", mode, ownerId: 0, size: content.length }, content };
}

function linkItem(path: string, linksTo: string): Item {
  const entry: TarEntry = { path, kind: "link", mode: 0o777, ownerId: 0, size: 0, linksTo };
  return { entry, content: new Uint8Array() };
}

function folders(items: readonly Item[]): Item[] {
  const paths = new Set<string>();
  for (const { entry } of items) {
    const parts = entry.path.split("/");
    for (let depth = 1; depth < parts.length; depth++) paths.add(`${parts.slice(0, depth).join("/")}/`);
  }
  return [...paths].map((path) => ({
    entry: { path, kind: "folder", mode: EXECUTABLE, ownerId: 0, size: 0 },
    content: new Uint8Array(),
  }));
}

function byPath(a: Item, b: Item): number {
  return a.entry.path < b.entry.path ? -1 : 1;
}

function bytesOf(items: readonly Item[]): Uint8Array {
  const parts = items.flatMap(({ entry, content }) => [tarHeader(entry), content, tarPadding(entry.size)]);
  return Buffer.concat([...parts, tarEnd()]);
}
