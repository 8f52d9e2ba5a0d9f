import { beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BuiltPage, buildPage } from "../../scripts/build/page.ts";
import { bundledPackages } from "../../scripts/build/sbom.ts";
import { copyPageSources } from "../acceptance/page/releases.ts";
import { builtBinary, ROOT } from "../support/binary.ts";
import { note } from "../support/size.ts";

const KB = 1_000;
/** Of the first screen in all: HTML, scripts and styles, compressed. */
const FIRST_LOAD_BYTES_MAX = 60 * KB;
const LICENCES = ["MIT", "ISC", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "0BSD"];

describe("the page as it is built", () => {
  let page: BuiltPage;
  beforeAll(async () => {
    page = await buildPage(ROOT);
  });

  function packedBytes(names: readonly string[]): number {
    return page.files
      .filter(({ name }) => names.includes(name))
      .reduce((sum, { bytes }) => sum + Bun.gzipSync(bytes, { level: 9, library: "zlib" }).length, 0);
  }

  test(`loads at most ${FIRST_LOAD_BYTES_MAX / KB} kB before its first screen`, () => {
    for (const [shell, names] of Object.entries(page.firstLoad)) {
      const bytes = packedBytes(names);
      note(
        `first load of the page's ${shell}: ${(bytes / KB).toFixed(1)} kB compressed, ${names.length} files`,
      );
      expect(bytes).toBeLessThanOrEqual(FIRST_LOAD_BYTES_MAX);
    }
    expect(page.firstLoad.index?.some((name) => name.endsWith(".js"))).toBe(true);
    note(
      `all of the page: ${(packedBytes(page.files.map(({ name }) => name)) / KB).toFixed(1)} kB compressed`,
    );
  });

  test("has the same bytes wherever it is built", async () => {
    const folder = mkdtempSync(join(tmpdir(), "todos-page-"));
    try {
      copyPageSources(folder);
      const again = await buildPage(folder);
      expect(again.files.map(({ name }) => name)).toEqual(page.files.map(({ name }) => name));
      for (const [at, { name, bytes }] of again.files.entries())
        expect([name, Buffer.from(bytes).equals(page.files[at]?.bytes ?? new Uint8Array())]).toEqual([
          name,
          true,
        ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("has only packages under licences that ask for no more than to be named", async () => {
    const locked = (await Bun.file(join(ROOT, "package-lock.json")).json()).packages;
    const packages = bundledPackages(page.metafile);
    expect(packages).toContain("node_modules/preact");
    for (const place of packages)
      expect([place, LICENCES]).toEqual([place, expect.arrayContaining([locked[place].license])]);
  });

  test("is made for production: nothing in it is only for developers", () => {
    for (const { name, bytes } of page.files)
      if (name.endsWith(".js"))
        expect([name, new TextDecoder().decode(bytes)]).toEqual([
          name,
          expect.not.stringMatching(/jsxDEV|sourceMappingURL/),
        ]);
  });
});

test("sources of the page are inputs of the build: after a change, npm start builds it again", async () => {
  await builtBinary();
  const { files } = await Bun.file(join(ROOT, "dist/.built-from.json")).json();
  for (const path of ["src/adapters/ui/main.tsx", "src/adapters/ui/manifest.json", "src/domain/folding.ts"])
    expect(files).toContain(path);
});

test("code of the server's in the page stops the build", async () => {
  const folder = mkdtempSync(join(tmpdir(), "todos-page-"));
  try {
    copyPageSources(folder);
    const main = join(folder, "src/adapters/ui/main.tsx");
    const clean = await Bun.file(main).text();
    await Bun.write(
      main,
      `${clean}\nimport { createHash } from "node:crypto";\nconsole.log(createHash("md5"));\n`,
    );
    await expect(buildPage(folder)).rejects.toThrow(/has .*crypto.* in it/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
