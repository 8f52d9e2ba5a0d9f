import { resolve } from "node:path";
import type { DataExport } from "../application/deploy/data-export.ts";
import { destroy } from "../application/deploy/destroy.ts";
import { type Deployment, withDeployment } from "./deployment/deployment.ts";
import { keyspaceExport } from "./deployment/export.ts";
import { DEPLOYMENT_OPTIONS, NO_WAIT_OPTION, YES_OPTION } from "./deployment/options.ts";
import type { Command, Context } from "./support/command.ts";
import { EXIT_DONE, UsageError } from "./support/command.ts";

export const command: Command = {
  name: "destroy",
  summary: "delete an environment, keeping its checklists and tasks by default",
  details:
    "Asks for the environment's name, deletes its stacks in reverse order, and lists what is left and may cost money. The keyspace and its tables stay, and a later deploy adopts them.\n" +
    "With --delete-data they are deleted too, for good, after all data was copied to a SQLite file that todos can serve, and the copy was found equal. The copy is made from this machine, at the region's public endpoint of Amazon Keyspaces; to use another one, set CASSANDRA_ENDPOINTS, CASSANDRA_PORT and CASSANDRA_SSL_CA. If the copy fails, nothing is deleted.",
  arguments: [],
  options: [
    ...DEPLOYMENT_OPTIONS,
    YES_OPTION,
    NO_WAIT_OPTION,
    { name: "delete-data", description: "also delete all checklists and tasks, after an export" },
    {
      name: "export",
      placeholder: "FILE",
      description: "file for the export (default: todos-ENVIRONMENT-export.db)",
    },
    { name: "no-export", description: "delete the data without an export" },
  ],
  settings: ["awsRegion"],
  examples: [
    { line: "todos destroy --env test", does: "delete the environment test, but keep its data" },
    { line: "todos destroy --env test --delete-data --no-export", does: "delete everything" },
  ],
  run: (context) => {
    const deleteData = context.has("delete-data");
    if (!deleteData && (context.has("no-export") || context.has("export"))) {
      throw new UsageError("--export and --no-export need --delete-data; without it the data stays");
    }
    const work = async (deployment: Deployment): Promise<number> => {
      const { engine } = deployment;
      const left = await destroy(engine, {
        deleteData,
        wait: !context.has("no-wait"),
        ...(deleteData && !context.has("no-export") && { exportData: exportOf(deployment, context) }),
      });
      for (const { what, why, costs } of left) {
        const line = context.has("json")
          ? JSON.stringify({ event: "remaining", what, why, costs })
          : `left: ${what} (${why}); costs ${costs}`;
        context.stdout.write(`${line}\n`);
      }
      if (context.has("json")) {
        context.stdout.write(`${JSON.stringify({ event: "destroyed", remaining: left.length })}\n`);
      } else if (left.length === 0) context.stdout.write("nothing that costs money is left\n");
      return EXIT_DONE;
    };
    // An export takes as long as there is data; the stacks have deadlines of their own.
    return withDeployment(context, work, { deadlineMs: Number.POSITIVE_INFINITY });
  },
};

function exportOf({ engine: { account, run }, display, keys }: Deployment, context: Context): DataExport {
  const { environment, keyspace } = run.names;
  const file = resolve(context.value("export") ?? `todos-${environment}-export.db`);
  return keyspaceExport(context, { keyspace, region: account.region, file, keys, reporter: display });
}
