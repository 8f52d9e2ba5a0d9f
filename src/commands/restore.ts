import { existsSync, statSync } from "node:fs";
import { restoreSqlite } from "../adapters/sqlite/restore.ts";
import { counted } from "../lib/words.ts";
import type { Command, Context } from "./support/command.ts";
import { CommandError, EXIT_DONE, EXIT_FAILED, jsonOption, UsageError } from "./support/command.ts";
import { tellDone, tellUndone } from "./support/result.ts";
import { systemClock } from "./support/system.ts";

export const command: Command = {
  name: "restore",
  summary: "replace the database with a backup",
  details:
    "Verifies the backup first. Stop the service before you restore. The replaced database is kept next to the new one, unless --discard is given. Clients see a new store: all old ETags are stale.",
  arguments: [{ name: "FILE", description: "a copy made by todos backup", required: true }],
  options: [
    { name: "yes", description: "replace existing data without asking" },
    { name: "discard", description: "do not keep the replaced database" },
    jsonOption("the result"),
  ],
  settings: ["sqlitePath"],
  examples: [
    { line: "todos restore todos-backup.db", does: "asks before it replaces data" },
    { line: "todos restore --yes --sqlite /var/lib/todos/todos.db nightly.db", does: "in a script" },
  ],
  run: async (context) => {
    const { args, config, has, stderr } = context;
    if (!(await mayReplace(context))) {
      tellUndone(context, "unchanged", "nothing was changed");
      return EXIT_FAILED;
    }
    const report = await restoreSqlite(args[0] ?? "", config.sqlitePath, {
      clock: systemClock,
      keepReplaced: !has("discard"),
      onProgress: (phase) => stderr.write(`${phase}\n`),
    });
    const { path, checklists, tasks, keptAs } = report;
    const kept = keptAs === undefined ? "" : `; the replaced database is ${keptAs}`;
    const line = `${path}: ${counted(checklists, "checklist")}, ${counted(tasks, "task")}, verified${kept}`;
    tellDone(context, report, line);
    return EXIT_DONE;
  },
};

/** Data is replaced only if the user agrees, by flag or on the terminal. */
async function mayReplace({ args, ask, config, has }: Context): Promise<boolean> {
  const [source = "", target] = [args[0], config.sqlitePath];
  if (!existsSync(source)) {
    throw new CommandError(`there is no file ${source}`, "name a copy made by: todos backup FILE");
  }
  if (has("yes") || !existsSync(target) || statSync(target).size === 0) return true;
  const answer = await ask(`Replace the data in ${target} with ${source}?`);
  if (answer === undefined) {
    throw new UsageError(
      `${target} exists, and there is no terminal to ask whether to replace it`,
      `To replace it: todos restore --yes ${source}`,
    );
  }
  return answer === "yes";
}
