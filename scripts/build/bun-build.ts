import { $ } from "bun";

/** Runs the bundler in the project's root. @throws Error with what it said, if it fails */
export async function bunBuild(root: string, args: readonly string[]): Promise<void> {
  const { exitCode, stdout, stderr } = await $`${process.execPath} build ${args}`.cwd(root).quiet().nothrow();
  if (exitCode !== 0) throw new Error(`bun build failed:\n${stdout}${stderr}`);
}
