import { join } from "node:path";

export const ROOT = join(import.meta.dir, "../..");
const BUILD_DEADLINE_MS = 120_000;

let building: Promise<string> | undefined;

/** Path of dist/todos, built first where the sources changed. */
export function builtBinary(): Promise<string> {
  building ??= build();
  return building;
}

async function build(): Promise<string> {
  const child = Bun.spawn([process.execPath, "scripts/build.ts", "--quiet"], {
    cwd: ROOT,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: BUILD_DEADLINE_MS,
  });
  const stderr = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new Error(`The build failed:\n${stderr}`);
  return join(ROOT, "dist/todos");
}

export interface Finished {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly cwd?: string;
  /** Variables beside PATH and HOME; nothing else of this process's own is handed on. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs a program to its end. */
export async function finished(
  argv: readonly string[],
  { cwd = ROOT, environment = {} }: Surroundings = {},
): Promise<Finished> {
  const env = { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", ...environment };
  const child = Bun.spawn([...argv], { cwd, env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { exitCode, stdout, stderr };
}
