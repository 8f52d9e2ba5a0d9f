import { beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { bundledFiles, type Metafile } from "../../scripts/build/compile.ts";
import { buildPage } from "../../scripts/build/page.ts";
import { bundledPackages, type Sbom, sbomOf } from "../../scripts/build/sbom.ts";
import { SBOM_JSON } from "../../src/sbom.ts";
import { ROOT } from "../support/binary.ts";

const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);

describe("the bill of materials", () => {
  let bundles: readonly Pick<Metafile, "outputs">[];
  let sbom: Sbom;
  beforeAll(async () => {
    bundles = [await bundledFiles(ROOT), (await buildPage(ROOT)).metafile];
    sbom = await sbomOf(ROOT, bundles);
  });

  test("is CycloneDX 1.6 by its schema", async () => {
    expect(await validator.validate(JSON.stringify(sbom))).toBeNull();
    expect(await validator.validate(JSON.stringify({ ...sbom, components: [{}] }))).not.toBeNull();
  });

  test("lists every npm package of the bundle with the lockfile's version, Bun and SQLite, and no tool", async () => {
    const locked = (await Bun.file(join(ROOT, "package-lock.json")).json()).packages;
    // The documentation page's files are packed by the build, and no part of a bundle.
    const places = [...new Set([...bundles.flatMap(bundledPackages), "node_modules/swagger-ui-dist"])].sort();
    const expected = places.map((place) => {
      const name = place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length);
      return `pkg:npm/${name.replace("@", "%40")}@${locked[place].version}`;
    });
    for (const name of ["elysia", "preact"])
      expect(expected.some((purl) => purl.startsWith(`pkg:npm/${name}@`))).toBe(true);
    const purls = sbom.components.map(({ purl }) => purl);
    expect(purls.filter((purl) => purl.startsWith("pkg:npm/"))).toEqual(expected);
    expect(purls).toContain(`pkg:github/oven-sh/bun@bun-v${Bun.version}`);
    expect(purls.some((purl) => /^pkg:generic\/sqlite@3\.\d+\.\d+$/.test(purl))).toBe(true);
    expect(purls.some((purl) => /typescript|biome|knip/.test(purl))).toBe(false);
  });

  test("gives every component a licence", () => {
    for (const { licenses } of sbom.components) expect(JSON.stringify(licenses)).not.toContain("unknown");
  });

  test("connects the program to all its components", () => {
    const seen = new Set<string>();
    const visit = (ref: string): void => {
      if (seen.has(ref)) return;
      seen.add(ref);
      sbom.dependencies.find((entry) => entry.ref === ref)?.dependsOn.forEach(visit);
    };
    visit(sbom.metadata.component["bom-ref"]);
    expect(sbom.components.map((component) => component["bom-ref"]).filter((ref) => !seen.has(ref))).toEqual(
      [],
    );
  });

  test("contains no time, no serial number and no registry", () => {
    expect(JSON.stringify(sbom)).not.toMatch(/timestamp|serialNumber|https?:/);
  });
});

test("a package counts as bundled by its bytes, nested and scoped ones too", () => {
  const inputs = {
    "node_modules/elysia/dist/index.js": { bytesInOutput: 7 },
    "../elsewhere/node_modules/@a/b/index.js": { bytesInOutput: 1 },
    "node_modules/elysia/node_modules/cookie/index.js": { bytesInOutput: 2 },
    "node_modules/shaken/index.js": { bytesInOutput: 0 },
    "src/main.ts": { bytesInOutput: 9 },
  };
  expect(bundledPackages({ outputs: { main: { inputs } } })).toEqual([
    "node_modules/@a/b",
    "node_modules/elysia",
    "node_modules/elysia/node_modules/cookie",
  ]);
});

test("run from source, the program still has a valid one", async () => {
  expect(await validator.validate(SBOM_JSON)).toBeNull();
});
