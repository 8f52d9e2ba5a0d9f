import { DeployError } from "../../application/deploy/errors.ts";
import type { Context } from "../support/command.ts";

/**
 * Copies all data out of Amazon Keyspaces into a SQLite file, by `todos copy`, in a process of its own: it
 * reads settings that a deployment does not have. @throws DeployError `refused` where the copy failed
 */
export async function exportKeyspace(context: Context, keyspace: string, file: string): Promise<void> {
  context.stderr.write(`  copying all data to ${file}\n`);
  const region = context.value("region") ?? context.config.awsRegion;
  const profile = context.value("profile");
  const child = Bun.spawn(
    [...ownCommand(), "copy", "--from", `cassandra:${keyspace}`, "--to", `sqlite:${file}`, "--finish"],
    {
      env: {
        ...context.environment,
        CASSANDRA_ENDPOINTS: "keyspaces",
        ...(region !== undefined && { AWS_REGION: region }),
        ...(profile !== undefined && { AWS_PROFILE: profile }),
      },
      stdout: "inherit",
      stderr: "inherit",
      stdin: "ignore",
    },
  );
  if ((await child.exited) === 0) return;
  throw new DeployError(
    "refused",
    `the data could not be copied to ${file}; nothing was deleted`,
    "mend what the copy says, name another file with --export, or delete without a copy with --no-export",
  );
}

/** This program again: the executable, or Bun with the source. */
function ownCommand(): string[] {
  const isCompiled = Bun.main.startsWith("/$bunfs/") || Bun.main.includes("~BUN");
  return isCompiled ? [process.execPath] : [process.execPath, Bun.main];
}
