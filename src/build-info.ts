import { version } from "../package.json";

// Put in by `bun build --define`; absent if the program runs from its source.
declare const TODOS_COMMIT: string;
declare const TODOS_COMMIT_TIME: string;

/** What this program was made of. */
export interface BuildInfo {
  readonly name: "todos";
  readonly version: string;
  /** Full hash, or `unknown` where the program runs from its source. */
  readonly commit: string;
  /** RFC 3339, or `unknown`. */
  readonly commitTime: string;
  readonly bun: string;
}

export const BUILD_INFO: BuildInfo = {
  name: "todos",
  version,
  commit: typeof TODOS_COMMIT === "undefined" ? "unknown" : TODOS_COMMIT,
  commitTime: typeof TODOS_COMMIT_TIME === "undefined" ? "unknown" : TODOS_COMMIT_TIME,
  bun: Bun.version,
};
