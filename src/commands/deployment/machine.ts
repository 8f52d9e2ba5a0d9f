import { readlinkSync } from "node:fs";
import { hostname } from "node:os";
import type { Deployer, WaitableClock } from "../../application/deploy/ports.ts";
import { pause } from "../../lib/pause.ts";

const ID_CHARS = 12;

/** The real time. */
export const wallClock: WaitableClock = { now: () => Date.now(), sleep: pause };

/** This process, as a lease describes it. */
export function thisDeployer(): Deployer {
  const host = hostOfProcesses();
  return {
    id: crypto.randomUUID().replaceAll("-", "").slice(0, ID_CHARS),
    host,
    process: process.pid,
    isGone: (otherHost, number) => otherHost === host && !isAlive(number),
    hash: (text) => new Bun.CryptoHasher("sha256").update(text).digest("hex"),
  };
}

/** Containers on one host may share its name but have separate process ids. */
function hostOfProcesses(): string {
  try {
    return `${hostname()} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    // Only Linux has process namespaces.
    return hostname();
  }
}

function isAlive(number: number): boolean {
  try {
    process.kill(number, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}
