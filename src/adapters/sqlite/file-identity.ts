import { statSync } from "node:fs";
import { LOG_SUFFIX } from "./files.ts";

/** A device and an inode: the file itself, whatever names lead to it. */
export type FileIdentity = string;

/** `undefined` if there is no such file. */
export function identityOf(path: string): FileIdentity | undefined {
  const status = statSync(path, { throwIfNoEntry: false });
  return status && `${status.dev}:${status.ino}`;
}

/**
 * Checks whether the open database is still the one at its path: what is written into a file that was
 * removed or replaced is lost with the process.
 */
export class Whereabouts {
  #log: FileIdentity | undefined;

  constructor(
    private readonly path: string,
    private readonly identity: FileIdentity,
  ) {}

  /** What has happened to the file or its log; undefined if all is well. */
  problem(): string | undefined {
    const there = identityOf(this.path);
    if (there !== this.identity)
      return there === undefined ? "the file is gone" : "another file has its name";
    const log = identityOf(`${this.path}${LOG_SUFFIX}`);
    // SQLite creates it at the first use, and keeps it while any process has the database open.
    this.#log ??= log;
    if (log === this.#log) return undefined;
    return log === undefined ? "the file's log is gone" : "another file has the log's name";
  }
}
