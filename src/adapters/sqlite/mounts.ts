import { existsSync, readFileSync } from "node:fs";

/** Linux's list of mounts, as this process sees it. */
const MOUNTS = "/proc/self/mountinfo";

/** Whether something is mounted at exactly this path. @param path absolute, without symbolic links */
export function isMountPoint(path: string): boolean {
  if (!existsSync(MOUNTS)) return false;
  return readFileSync(MOUNTS, "utf8")
    .split("\n")
    .some((line) => mountedAt(line) === path);
}

/** `36 35 98:0 /root /mount\040point rw,noatime …`: the fifth, with blanks and the like in octal. */
function mountedAt(line: string): string | undefined {
  return line
    .split(" ")[4]
    ?.replaceAll(/\\([0-7]{3})/g, (_all, octal) => String.fromCharCode(parseInt(octal, 8)));
}
