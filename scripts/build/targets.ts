/** Systems a release is made for. `packageName` is the npm package with Bun's executable for it. */
export interface Target {
  readonly name: string;
  readonly bunTarget: string;
  readonly packageName: string;
}

export const TARGETS: readonly Target[] = [
  { name: "linux-x64", bunTarget: "bun-linux-x64", packageName: "@oven/bun-linux-x64" },
  { name: "linux-arm64", bunTarget: "bun-linux-arm64", packageName: "@oven/bun-linux-aarch64" },
  { name: "darwin-x64", bunTarget: "bun-darwin-x64", packageName: "@oven/bun-darwin-x64" },
  { name: "darwin-arm64", bunTarget: "bun-darwin-arm64", packageName: "@oven/bun-darwin-aarch64" },
];

/** @throws Error if this machine is none of {@link TARGETS} */
export function hostTarget(): Target {
  const name = `${process.platform}-${process.arch}`;
  const target = TARGETS.find((candidate) => candidate.name === name);
  if (!target) {
    throw new Error(`There is no build for ${name}; there are ${TARGETS.map((t) => t.name).join(", ")}.`);
  }
  return target;
}
