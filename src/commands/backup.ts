import { backupSqlite } from "../adapters/sqlite/backup.ts";
import { counted } from "../lib/words.ts";
import type { Command } from "./support/command.ts";
import { EXIT_DONE, jsonOption, UsageError } from "./support/command.ts";
import { tellDone } from "./support/result.ts";

export const command: Command = {
  name: "backup",
  summary: "copy the database to a file, even while the service runs",
  details:
    "The copy contains every write acknowledged before the command started. FILE appears only once the copy is complete, verified and on disk.",
  arguments: [{ name: "FILE", description: "file to create; it must not exist yet", required: true }],
  options: [
    { name: "force", description: "replace FILE if it is an earlier backup" },
    jsonOption("the result"),
  ],
  settings: ["sqlitePath"],
  examples: [
    { line: "todos backup todos-backup.db", does: "copy data/todos.db" },
    {
      line: "todos backup --sqlite /var/lib/todos/todos.db /mnt/nightly.db --force",
      does: "replace the last copy",
    },
  ],
  run: async (context) => {
    const { args, config, has, stderr } = context;
    const [wanted = ""] = args;
    if (wanted === "-") {
      throw new UsageError(
        "a backup is verified before it gets its name, so it can't go to standard output",
        "Name a file: todos backup FILE",
      );
    }
    const report = await backupSqlite(config.sqlitePath, wanted, {
      force: has("force"),
      onProgress: (phase) => stderr.write(`${phase}\n`),
    });
    const { file, bytes, checklists, tasks } = report;
    const line = `${file}: ${counted(bytes, "byte")}, ${counted(checklists, "checklist")}, ${counted(tasks, "task")}, verified`;
    tellDone(context, report, line);
    return EXIT_DONE;
  },
};
