import { join } from "node:path";
import { builtBinary, finished, ROOT } from "../../binary.ts";
import type { Place } from "./place.ts";

/** One line of `--json`; which members there are depends on `event`. */
// biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of each
type Told = Readonly<{ event: string }> & any;

export interface DeployerEnd {
  readonly exitCode: number;
  readonly events: readonly Told[];
  /** Everything it wrote, for the message of a test that fails. */
  readonly text: string;
}

/** Compressed once: the second image is made in seconds, in the next run the first one, too. */
const CACHE = join(ROOT, ".cache/deployer");

/** Runs the compiled binary against a place, with `--json`. @param binary instead of dist/todos */
export async function todos(place: Place, argv: readonly string[], binary?: string): Promise<DeployerEnd> {
  const words = [binary ?? (await builtBinary()), ...argv, "--json"];
  const { exitCode, stdout, stderr } = await finished(words, {
    environment: { ...place.proxy.environment, XDG_CACHE_HOME: CACHE },
  });
  const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
  return { exitCode, events: lines.map((line) => JSON.parse(line)), text: `${stdout}\n${stderr}` };
}

/** As {@link todos}, and fails with what it said where it does not exit with `exitCode`. */
export async function todosExpecting(
  exitCode: number,
  place: Place,
  argv: readonly string[],
  binary?: string,
): Promise<readonly Told[]> {
  const end = await todos(place, argv, binary);
  if (end.exitCode !== exitCode) {
    throw new Error(`todos ${argv.join(" ")} exited with ${end.exitCode}, not ${exitCode}:\n${end.text}`);
  }
  return end.events;
}
