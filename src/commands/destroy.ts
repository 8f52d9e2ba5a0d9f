import { resolve } from "node:path";
import type { DataExport } from "../application/deploy/data-export.ts";
import { destroy } from "../application/deploy/destroy.ts";
import { keyspaceExport } from "./deployment/export.ts";
import { DEPLOYMENT_OPTIONS, NO_WAIT_OPTION, YES_OPTION } from "./deployment/options.ts";
import { inSession, type Session } from "./deployment/session.ts";
import type { Command, Context } from "./support/command.ts";
import { EXIT_DONE, UsageError } from "./support/command.ts";

export const command: Command = {
  name: "destroy",
  summary: "delete an environment, and keep its checklists and tasks unless told otherwise",
  details:
    "Asks for the environment's name, deletes its stacks in reverse order, and lists what is left and may cost money. The keyspace with its tables stays, and a later deploy adopts it.\n" +
    "With --delete-data it goes too, for good, after all of it was copied to a SQLite file that todos serves as it is, and found equal. The copy is made from this machine, at the region's public endpoint of Amazon Keyspaces; CASSANDRA_ENDPOINTS, CASSANDRA_PORT and CASSANDRA_SSL_CA name another way to it. Where it fails nothing is deleted.",
  arguments: [],
  options: [
    ...DEPLOYMENT_OPTIONS,
    YES_OPTION,
    NO_WAIT_OPTION,
    { name: "delete-data", description: "delete all checklists and tasks too, after an export" },
    {
      name: "export",
      placeholder: "FILE",
      description: "where the export goes; without it todos-ENVIRONMENT-export.db",
    },
    { name: "no-export", description: "delete the data without an export" },
  ],
  settings: ["awsRegion"],
  examples: [
    { line: "todos destroy --env test", does: "the environment test, but for its data" },
    { line: "todos destroy --env test --delete-data --no-export", does: "everything of it" },
  ],
  run: (context) => {
    const deleteData = context.has("delete-data");
    if (!deleteData && (context.has("no-export") || context.has("export"))) {
      throw new UsageError("--export and --no-export go with --delete-data; without it the data stays");
    }
    const work = async (session: Session): Promise<number> => {
      const { engine } = session;
      const left = await destroy(engine, {
        deleteData,
        wait: !context.has("no-wait"),
        ...(deleteData && !context.has("no-export") && { exportData: exportOf(session, context) }),
      });
      for (const { what, why, costs } of left) {
        const line = context.has("json")
          ? JSON.stringify({ event: "remaining", what, why, costs })
          : `left: ${what} (${why}); costs ${costs}`;
        context.stdout.write(`${line}\n`);
      }
      if (left.length === 0 && !context.has("json"))
        context.stdout.write("nothing is left that may cost money\n");
      return EXIT_DONE;
    };
    // An export takes as long as there is data; the stacks have deadlines of their own.
    return inSession(context, work, { deadlineMs: Number.POSITIVE_INFINITY });
  },
};

function exportOf({ engine: { account, run }, display, keys }: Session, context: Context): DataExport {
  const { environment, keyspace } = run.names;
  const file = resolve(context.value("export") ?? `todos-${environment}-export.db`);
  return keyspaceExport(context, { keyspace, region: account.region, file, keys, reporter: display });
}
