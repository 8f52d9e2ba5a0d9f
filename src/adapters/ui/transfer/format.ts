import type { TaskMembers, Workspace } from "../workspace/types.ts";

/** What of the workspace an export and an import need. */
export type Portable = Pick<Workspace, "lists" | "tasksOf" | "acts">;

/** A list with its tasks, as it is exported and imported. */
export interface PortableList {
  readonly name: string;
  /** Imported into the inbox, whatever it is called there. */
  readonly isInbox?: boolean;
  /** In their order. */
  readonly tasks: readonly TaskMembers[];
}

/** Where lists of an import would be too large for one sitting: a person splits the file. */
export const IMPORT_BYTES_MAX = 20_000_000;
export const IMPORT_TASKS_MAX = 20_000;

/** What was read, and what of it was left out, a sentence each. */
export interface Imported {
  readonly lists: readonly PortableList[];
  readonly problems: readonly ImportProblem[];
}
export interface ImportProblem {
  readonly reason: "not-json" | "not-ours" | "too-large" | "too-many" | "no-text" | "bad-member" | "nothing";
  /** Of the file, from 1; or the place in it, as in `lists 2, tasks 3`. */
  readonly where?: string;
  readonly member?: string;
}
