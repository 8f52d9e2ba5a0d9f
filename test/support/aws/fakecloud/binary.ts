import { existsSync } from "node:fs";
import { join } from "node:path";
import { finished, ROOT } from "../../binary.ts";

/** The release whose deviations from AWS are written down in `deviations.ts`. */
const VERSION = "0.51.0";
const CARGO_ROOT = join(ROOT, ".cache/fakecloud", VERSION);

/** Programs that the emulator's containers need, and the Debian package of each. */
const PROGRAMS = {
  podman: "podman",
  runc: "runc",
  // The init of a container that wants one.
  catatonit: "catatonit",
  unshare: "util-linux",
  ip: "iproute2",
} as const;

/**
 * Runs the program that follows where it has a network to itself, with fixed ports and the addresses of a VPC.
 * Its processes and mounts are in namespaces of its own, too: whatever ends it, they end with it.
 */
export const IN_NAMESPACES = [
  // Only this signal ends unshare.
  ...["setpriv", "--pdeathsig", "KILL"],
  ...["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"],
  // A shell that stays collects orphaned processes.
  ...["sh", "-c", 'ip link set lo up && "$@"; exit $?', "sh"],
];

/** Why the emulator can't run here, or undefined if it can. */
export function fakecloudLack(): string | undefined {
  for (const [program, debianPackage] of Object.entries(PROGRAMS)) {
    if (!Bun.which(program)) return `no ${program} (apt-get install ${debianPackage})`;
  }
  if (process.getuid?.() !== 0) return "containers in a network namespace of their own need root";
  const binary = process.env.FAKECLOUD_BIN;
  if (binary !== undefined) return existsSync(binary) ? undefined : `FAKECLOUD_BIN: ${binary} does not exist`;
  return Bun.which("cargo") ? undefined : `no FAKECLOUD_BIN, and no cargo to build fakecloud ${VERSION} with`;
}

/** Path of the emulator: `FAKECLOUD_BIN`, else built by cargo, once. It is a tool to test with and is never shipped. */
export async function fakecloudBinary(): Promise<string> {
  if (process.env.FAKECLOUD_BIN) return process.env.FAKECLOUD_BIN;
  const binary = join(CARGO_ROOT, "bin/fakecloud");
  if (existsSync(binary)) return binary;
  const argv = ["cargo", "install", "fakecloud", "--version", VERSION, "--debug", "--root", CARGO_ROOT];
  const { exitCode, stderr } = await finished(argv);
  if (exitCode !== 0) throw new Error(`cargo could not build fakecloud ${VERSION}:\n${stderr}`);
  return binary;
}
