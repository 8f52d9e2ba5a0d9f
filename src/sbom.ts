import { BUILD_INFO } from "./build-info.ts";

// Put in by the build, which alone knows what went into the binary.
declare const TODOS_SBOM: string;

/** What the program is made of, as CycloneDX 1.6 JSON. Run from its source it knows only itself. */
export const SBOM_JSON: string = typeof TODOS_SBOM === "undefined" ? selfOnly() : TODOS_SBOM;

function selfOnly(): string {
  const purl = `pkg:generic/${BUILD_INFO.name}@${BUILD_INFO.version}`;
  const component = {
    type: "application",
    "bom-ref": purl,
    name: BUILD_INFO.name,
    version: BUILD_INFO.version,
    licenses: [{ license: { id: "Apache-2.0" } }],
    purl,
  };
  return JSON.stringify({
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component },
    components: [],
  });
}
