import type { Context } from "../support/command.ts";

/** What `todos migrate` says of one migration, on standard output. */
export interface MigrationRow {
  readonly migration: string;
  readonly state: "applied" | "partial" | "pending";
  /** RFC 3339. */
  readonly appliedAt?: string;
  /** Where only some of its statements are done: `3/14`. */
  readonly statements?: string;
}

export function tell({ has, stdout }: Context, row: MigrationRow): void {
  const line = [row.state, row.migration, row.statements ?? "", row.appliedAt ?? ""]
    .filter((cell) => cell !== "")
    .join("  ");
  stdout.write(`${has("json") ? JSON.stringify(row) : line}\n`);
}
