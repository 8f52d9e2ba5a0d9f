import { expect, test } from "bun:test";
import { ROOT } from "../support/binary.ts";
import { inputsOf } from "./inputs.ts";

test("the inputs of the slow build tests are the build's scripts, settings and packages", async () => {
  const inputs = await inputsOf(ROOT, "reproducible");
  for (const path of ["package-lock.json", "tsconfig.json", "scripts/build.ts", "scripts/build/base.ts"])
    expect(inputs).toContain(path);
});

test("those of the slow tests of images are also the code that makes images", async () => {
  expect(await inputsOf(ROOT, "images")).toContain("src/adapters/oci/compress.ts");
});

test("those of the image that is built without the program are also what its build is told", async () => {
  const inputs = await inputsOf(ROOT, "dockerfile");
  for (const path of ["Dockerfile", ".dockerignore", ".npmrc", "scripts/image-root.mjs"])
    expect(inputs).toContain(path);
});
