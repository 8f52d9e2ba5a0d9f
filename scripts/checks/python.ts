import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { ran } from "./command.ts";
import type { StepContext } from "./step.ts";

/** A registry may be unreachable for a moment. */
const RETRIES = 10;
const REQUIREMENTS = "test/requirements.txt";
/**
 * Tools that check CloudFormation templates or emulate AWS; their dependencies conflict with those of the
 * others.
 */
export const AWS_REQUIREMENTS = "test/requirements-aws.txt";

/** Why Python's tools are not available here, or undefined if they are. */
export function pythonLack(): string | undefined {
  return Bun.which("python3") ? undefined : "no python3 (apt-get install python3-venv)";
}

/**
 * Path of a program from a list of requirements, in its own environment that is created once, and again when the
 * requirements change.
 * @throws Error with pip's output
 */
export async function pythonTool(
  context: Pick<StepContext, "root" | "nightly">,
  name: string,
  requirements = REQUIREMENTS,
): Promise<string> {
  const digest = Bun.hash(await Bun.file(join(context.root, requirements)).text()).toString(36);
  const folder = join(context.root, ".cache/venv", digest);
  const done = join(folder, "complete");
  if (!existsSync(done)) {
    await rm(folder, { recursive: true, force: true });
    await must(context, ["python3", "-m", "venv", folder]);
    const quiet = ["--quiet", "--disable-pip-version-check", `--retries=${RETRIES}`];
    const pip = [join(folder, "bin/pip"), "install", ...quiet];
    await must(context, [...pip, "--requirement", requirements]);
    await Bun.write(`${done}.part`, "");
    await rename(`${done}.part`, done);
  }
  return join(folder, "bin", name);
}

async function must(context: Pick<StepContext, "root" | "nightly">, argv: readonly string[]): Promise<void> {
  const { exitCode, output } = await ran(context, argv);
  if (exitCode !== 0) throw new Error(`${argv.join(" ")} failed:\n${output}`);
}
