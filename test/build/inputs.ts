import { createHash } from "node:crypto";
import { join } from "node:path";
import { FULL_SIZE } from "../support/size.ts";

/** For which inputs the slow tests of the build have passed; see {@link passedBefore}. */
const RECORD = join(import.meta.dir, "passed.json");
/** The inputs that decide whether a build works for other machines, and is reproducible. */
const BUILD = [
  "{package,package-lock,tsconfig}.json",
  "bunfig.toml",
  "scripts/build.ts",
  "scripts/build/**/*",
] as const;
/** By the name of the test. */
const INPUTS = {
  cross: BUILD,
  reproducible: BUILD,
  dockerfile: [...BUILD, "Dockerfile", ".dockerignore", ".npmrc", "scripts/*.mjs"],
  // Whether a program can be built for another processor is what the first is about.
  images: ["package-lock.json", "scripts/build/{base,image}*.ts", "src/adapters/oci/**/*"],
} as const satisfies Record<string, readonly string[]>;

type SlowTest = keyof typeof INPUTS;
type Passed = Readonly<Record<string, string>>;

/**
 * Whether this slow build test has passed for the current inputs, and need not run again. At full size it always runs.
 */
export async function passedBefore(root: string, name: SlowTest): Promise<boolean> {
  if (FULL_SIZE) return false;
  return (await recorded())[name] === (await digestOfInputs(root, name));
}

/** Notes that it has; the record is to be committed. */
export async function recordPassed(root: string, name: SlowTest): Promise<void> {
  const passed = { ...(await recorded()), [name]: await digestOfInputs(root, name) };
  const sorted = Object.fromEntries(Object.entries(passed).sort());
  await Bun.write(RECORD, `${JSON.stringify(sorted, null, 2)}\n`);
}

async function recorded(): Promise<Passed> {
  const file = Bun.file(RECORD);
  return (await file.exists()) ? await file.json() : {};
}

async function digestOfInputs(root: string, name: SlowTest): Promise<string> {
  const hash = createHash("sha256").update(Bun.version);
  for (const path of await inputsOf(root, name)) {
    hash.update(path).update(await Bun.file(join(root, path)).bytes());
  }
  return hash.digest("hex");
}

/** Paths of the inputs, sorted. @throws Error if a pattern matches nothing: what it stands for would not count */
export async function inputsOf(root: string, name: SlowTest): Promise<readonly string[]> {
  const found = await Promise.all(
    INPUTS[name].map(async (pattern) => {
      const paths = await Array.fromAsync(new Bun.Glob(pattern).scan({ cwd: root, dot: true }));
      if (paths.length === 0) throw new Error(`no file matches ${pattern}`);
      return paths;
    }),
  );
  return found.flat().sort();
}
