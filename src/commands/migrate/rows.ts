import type { Context } from "../support/command.ts";

/** The line of `todos migrate` about one migration, on standard output. */
export interface MigrationRow {
  readonly migration: string;
  readonly state: "applied" | "partial" | "pending";
  /** RFC 3339. */
  readonly appliedAt?: string;
  /** If only some of its statements are done: `3/14`. */
  readonly statements?: string;
}

export function tell({ has, stdout }: Context, row: MigrationRow): void {
  const line = [row.state, row.migration, row.statements ?? "", row.appliedAt ?? ""]
    .filter((cell) => cell !== "")
    .join("  ");
  stdout.write(`${has("json") ? JSON.stringify(row) : line}\n`);
}

/** What came of it: for people on standard error, for programs as the last line. @param count 0: nothing to do */
export function conclude({ has, stdout, stderr }: Context, place: string, count: number, done: string): void {
  const message = count === 0 ? "up to date, nothing to do" : done;
  stderr.write(`${place}: ${message}\n`);
  if (has("json")) stdout.write(`${JSON.stringify({ event: "done", count, message })}\n`);
}
