import { existsSync } from "node:fs";
import { join } from "node:path";
import { finished, ROOT } from "../../binary.ts";

/** The release whose deviations from AWS `deviations.ts` describes. */
const VERSION = "0.51.0";
const CARGO_ROOT = join(ROOT, ".cache/fakecloud", VERSION);

/** Programs that the emulator's containers need, with their Debian packages. */
const PROGRAMS = {
  podman: "podman",
  runc: "runc",
  // The init process for containers that ask for one.
  catatonit: "catatonit",
  unshare: "util-linux",
  ip: "iproute2",
} as const;

/**
 * Runs a program in its own network, with fixed ports and the addresses of a VPC. Its processes and mounts are in their
 * own namespaces, too, so they end with the program, whatever ends it.
 */
export const IN_NAMESPACES = [
  // Use KILL, because nothing else ends unshare.
  ...["setpriv", "--pdeathsig", "KILL"],
  ...["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"],
  // Keep a shell running, so that it collects orphaned processes.
  ...["sh", "-c", 'ip link set lo up && "$@"; exit $?', "sh"],
];

/** Returns why the emulator can't run here, or undefined if it can. */
export function fakecloudLack(): string | undefined {
  for (const [program, debianPackage] of Object.entries(PROGRAMS)) {
    if (!Bun.which(program)) return `no ${program} (apt-get install ${debianPackage})`;
  }
  if (process.getuid?.() !== 0) return "containers in a network namespace of their own need root";
  const binary = process.env.FAKECLOUD_BIN;
  if (binary !== undefined) return existsSync(binary) ? undefined : `FAKECLOUD_BIN: ${binary} does not exist`;
  return Bun.which("cargo") ? undefined : `no FAKECLOUD_BIN, and no cargo to build fakecloud ${VERSION} with`;
}

/**
 * Returns the emulator's path: `FAKECLOUD_BIN`, or a program that cargo builds once. It is only for tests and is never
 * shipped.
 */
export async function fakecloudBinary(): Promise<string> {
  if (process.env.FAKECLOUD_BIN) return process.env.FAKECLOUD_BIN;
  const binary = join(CARGO_ROOT, "bin/fakecloud");
  if (existsSync(binary)) return binary;
  const argv = ["cargo", "install", "fakecloud", "--version", VERSION, "--debug", "--root", CARGO_ROOT];
  const { exitCode, stderr } = await finished(argv);
  if (exitCode !== 0) throw new Error(`cargo could not build fakecloud ${VERSION}:\n${stderr}`);
  return binary;
}
