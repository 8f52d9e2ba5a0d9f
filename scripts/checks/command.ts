import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { FAILED, type Outcome, PASSED, type Step, type StepContext } from "./step.ts";

/** For one program: a hang must fail with its output, instead of being killed by the caller of the checks. */
const DEADLINE_MS = 50 * 60_000;
const NIGHTLY_DEADLINE_MS = 8 * 60 * 60_000;

/** Of the times in /proc, on every Linux (`getconf CLK_TCK`). */
const TICKS_PER_SECOND = 100;

export interface Ran {
  readonly exitCode: number;
  /** Standard output and standard error, in order of arrival. */
  readonly output: string;
}

/** Runs a program, by default in the project's root, with `node_modules/.bin` first in its PATH. */
export async function ran(
  context: Pick<StepContext, "root" | "nightly" | "niceness" | "onProcessorTime">,
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  folder = context.root,
): Promise<Ran> {
  const path = `${join(context.root, "node_modules/.bin")}:${process.env.PATH}`;
  const capture = join(context.root, ".cache/check-output", `${process.pid}-${Bun.nanoseconds()}.txt`);
  mkdirSync(dirname(capture), { recursive: true });
  // One descriptor for both streams keeps their lines in order.
  const descriptor = openSync(capture, "a");
  try {
    const child = Bun.spawn([...givingWay(context.niceness), ...argv], {
      cwd: folder,
      env: { ...process.env, ...environment, PATH: path, TODOS_TEST_SIZE: context.nightly ? "full" : "ci" },
      stdin: "ignore",
      timeout: context.nightly ? NIGHTLY_DEADLINE_MS : DEADLINE_MS,
      killSignal: "SIGKILL",
      stdout: descriptor,
      stderr: descriptor,
    });
    const exitCode = await child.exited;
    context.onProcessorTime?.(Number(child.resourceUsage()?.cpuTime.total ?? 0) / 1e6);
    return { exitCode, output: readFileSync(capture, "utf8") };
  } finally {
    closeSync(descriptor);
    rmSync(capture);
  }
}

/** What a process that still runs, and is no child of the programs above, has taken of the processors so far: 0 without /proc. */
export function processorSecondsOf(pid: number): number {
  const path = `/proc/${pid}/stat`;
  if (!existsSync(path)) return 0;
  // The name, in parentheses, may contain anything. User and system time are fields 14 and 15 (man 5 proc).
  const fields = readFileSync(path, "utf8").split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** The program's own children inherit it: nodes of Cassandra, services, browsers. */
function givingWay(niceness = 0): string[] {
  return niceness === 0 ? [] : ["nice", "-n", String(niceness)];
}

/** A step that is one program: it passes if the program exits with 0. */
export function commandStep(name: string, ...argv: readonly string[]): Step {
  return {
    name,
    required: true,
    async run(context): Promise<Outcome> {
      const { exitCode, output } = await ran(context, argv);
      return { ...(exitCode === 0 ? PASSED : FAILED), output };
    },
  };
}
