import { expect, test } from "bun:test";
import { join } from "node:path";
import { ROOT } from "../support/binary.ts";

interface Locked {
  readonly resolved?: string;
  readonly funding?: unknown;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
const text = await Bun.file(join(ROOT, "package-lock.json")).text();
const packages: Readonly<Record<string, Locked>> = JSON.parse(text).packages;

test("the lockfile names no registry", () => {
  expect(Object.keys(packages).length).toBeGreaterThan(20);
  const prose = ["funding", "deprecated"];
  const withoutProse = JSON.stringify(packages, (key, value) => (prose.includes(key) ? undefined : value));
  expect(withoutProse).not.toMatch(/https?:\/\//);
  expect(text).not.toMatch(/"resolved"|registry\.|npmjs/);
});

test("the lockfile has every platform's package, so that npm ci accepts it on each", () => {
  const lacking = Object.entries(packages).flatMap(([place, { optionalDependencies }]) =>
    Object.keys(optionalDependencies ?? {}).filter(
      (name) => !packages[`node_modules/${name}`] && !packages[`${place}/node_modules/${name}`],
    ),
  );
  expect(lacking).toEqual([]);
});
