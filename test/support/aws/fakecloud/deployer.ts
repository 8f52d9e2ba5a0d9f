import { builtBinary, finished } from "../../binary.ts";
import { piecesCache } from "../../oci/pieces.ts";
import type { Place } from "./place.ts";

/** One line of `--json`. Its members depend on `event`. */
// biome-ignore lint/suspicious/noExplicitAny: each test says what it expects
type Told = Readonly<{ event: string }> & any;

export interface DeployerEnd {
  readonly exitCode: number;
  readonly events: readonly Told[];
  /** All output, for the message of a failed test. */
  readonly text: string;
}

/** Runs the compiled binary against a place, with `--json`. @param binary instead of dist/todos */
export async function todos(place: Place, argv: readonly string[], binary?: string): Promise<DeployerEnd> {
  const program = binary ?? (await builtBinary());
  const words = [program, ...argv, "--json"];
  const { exitCode, stdout, stderr } = await finished(words, {
    environment: { ...place.proxy.environment, XDG_CACHE_HOME: await piecesCache(program) },
  });
  const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
  return { exitCode, events: lines.map((line) => JSON.parse(line)), text: `${stdout}\n${stderr}` };
}

/** Runs {@link todos}, and fails with its output unless it exits with `exitCode`. */
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
