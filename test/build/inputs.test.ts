import { expect, test } from "bun:test";
import { ROOT } from "../support/binary.ts";
import { inputsOf } from "./inputs.ts";

test("the inputs of the slow build tests are the build's scripts, settings and packages", async () => {
  const inputs = await inputsOf(ROOT);
  for (const path of ["package-lock.json", "tsconfig.json", "scripts/build.ts", "scripts/build/base.ts"])
    expect(inputs).toContain(path);
});
