import { $ } from "bun";

/** The commit of the sources. Never the time of the build: the same commit must give the same bytes. */
export interface Commit {
  /** Full hash, with `+dirty` if files differ from it; `unknown` without git. */
  readonly hash: string;
  /** RFC 3339, UTC; `unknown` without git. */
  readonly time: string;
}

export const UNKNOWN_COMMIT: Commit = { hash: "unknown", time: "unknown" };

export async function commitOf(root: string): Promise<Commit> {
  const head = await git(root, "log", "-1", "--format=%H %ct");
  if (head === undefined) return UNKNOWN_COMMIT;
  const [hash = "", seconds = ""] = head.split(" ");
  const changes = await git(root, "status", "--porcelain");
  return {
    hash: changes === "" ? hash : `${hash}+dirty`,
    time: new Date(Number(seconds) * 1_000).toISOString(),
  };
}

async function git(root: string, ...args: string[]): Promise<string | undefined> {
  if (!Bun.which("git")) return undefined;
  const { exitCode, stdout } = await $`git ${args}`.cwd(root).quiet().nothrow();
  return exitCode === 0 ? stdout.toString().trim() : undefined;
}
