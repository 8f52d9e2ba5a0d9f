import { Database } from "bun:sqlite";
import { BUILD_INFO } from "../build-info.ts";
import type { Command } from "./support/command.ts";
import { EXIT_DONE, jsonOption } from "./support/command.ts";

export const command: Command = {
  name: "version",
  summary: "print version, commit, Bun and SQLite",
  arguments: [],
  options: [jsonOption("the versions")],
  settings: [],
  examples: [
    { line: "todos version", does: "for people" },
    { line: "todos version --json", does: "for programs" },
  ],
  run: async ({ has, stdout }) => {
    const { version, commit, bun } = BUILD_INFO;
    const sqlite = sqliteVersion();
    const platform = `${process.platform}-${process.arch}`;
    if (has("json"))
      stdout.write(`${JSON.stringify({ name: "todos", version, commit, bun, sqlite, platform })}\n`);
    else stdout.write(`todos ${version} (commit ${commit}, Bun ${bun}, SQLite ${sqlite}, ${platform})\n`);
    return EXIT_DONE;
  },
};

function sqliteVersion(): string {
  using database = new Database(":memory:");
  const row: unknown = database.query("SELECT sqlite_version() AS version").get();
  return row !== null && typeof row === "object" && "version" in row ? String(row.version) : "unknown";
}
