import { connect } from "../application/deploy/connect.ts";
import { withDeployment } from "./deployment/deployment.ts";
import { DEPLOYMENT_OPTIONS } from "./deployment/options.ts";
import type { Command, Context } from "./support/command.ts";
import { EXIT_DONE, UsageError } from "./support/command.ts";

const DEFAULT_PORT = 8181;
const PORT_MAX = 65_535;
const LEAVING = "\nleft; the session ends when it has been idle long enough";

export const command: Command = {
  name: "connect",
  summary: "open a local port to the private service",
  details:
    "For a service that was deployed with --connect. Needs neither the AWS CLI nor its session-manager-plugin: the port is forwarded to one task through AWS Systems Manager, and the network stays closed. Only this machine can use the port. No web page can reach it through a name of its own: a Host that is neither a loopback name nor in TODOS_ALLOWED_HOSTS gets 421. Press Ctrl-C to close it.",
  arguments: [],
  options: [
    ...DEPLOYMENT_OPTIONS,
    {
      name: "port",
      placeholder: "PORT",
      description: `local port; 0 for any free one (default: ${DEFAULT_PORT})`,
    },
    {
      name: "task",
      placeholder: "ID",
      description: "id of the task to reach, or the start of it (default: any healthy task)",
    },
  ],
  settings: ["awsRegion", "allowedHosts"],
  examples: [
    { line: "todos connect", does: `reach the service at http://127.0.0.1:${DEFAULT_PORT}` },
    { line: "todos connect --env test --port 0", does: "use a free port and print it" },
  ],
  run: async (context) => {
    const localPort = portOf(context.value("port"));
    return withDeployment(
      context,
      async ({ engine, interruptedCode }) => {
        const { openTunnels } = await import("./deployment/tunnels.ts");
        const task = context.value("task");
        await connect(engine, await openTunnels(context, engine.run), {
          localPort,
          ...(task !== undefined && { task }),
          onOpen: (url) => tell(context, url),
        });
        const code = interruptedCode();
        if (code !== undefined && !context.has("json")) context.stderr.write("\nsession closed\n");
        return code ?? EXIT_DONE;
      },
      { deadlineMs: Number.POSITIVE_INFINITY, endsOnInterrupt: LEAVING },
    );
  },
};

/** For programs; people have it on the previous line. */
function tell({ has, stdout }: Context, url: string): void {
  if (!has("json") && !stdout.isTerminal) stdout.write(`${url}\n`);
}

/** @throws UsageError */
function portOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PORT;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= PORT_MAX) return port;
  throw new UsageError(`--port is "${text}"; it must be a number from 0 to ${PORT_MAX}`);
}
