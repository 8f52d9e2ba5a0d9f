// `npm run cassandra [-- --nodes 3] [--port 9042]`: a real Cassandra to play with. Ctrl-C ends it and removes its data.
import { parseArgs } from "node:util";
import { startCassandra } from "../test/support/cassandra/cluster.ts";

const USAGE = "npm run cassandra [-- --nodes 1|3] [--port 9042]";

const { values: flags } = parseArgs({
  options: { nodes: { type: "string", default: "1" }, port: { type: "string", default: "9042" } },
});
const nodes = ({ "1": 1, "3": 3 } as const)[flags.nodes];
const port = Number(flags.port);
if (!nodes || !Number.isInteger(port) || port < 1 || port > 65_535) {
  console.error(`Usage: ${USAGE}`);
  process.exit(2);
}
const stopped = new Promise((resolve) => {
  process.once("SIGINT", resolve);
  process.once("SIGTERM", resolve);
});
try {
  const cluster = await startCassandra({ nodes, nativePort: port, report: (line) => console.error(line) });
  for (const node of cluster.nodes) console.error(`${node.address}:${node.port} is process ${node.pid}`);
  console.error("Ready. Give these to todos; Ctrl-C here ends Cassandra and removes its data.\n");
  for (const [name, value] of Object.entries(cluster.environment)) console.log(`export ${name}=${value}`);
  await stopped;
  await cluster.stop();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
