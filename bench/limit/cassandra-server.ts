/**
 * What HTTP adds to the bare loop: the same answers as {@link file://./answers.ts}, from a Cassandra, with the
 * bare loop's session and the adapter's texts. It checks no input, counts nothing, measures nothing.
 *
 * Arguments: port, address, port of the cluster, keyspace.
 */
import { CHECKLIST_STATEMENTS as checklists } from "../../src/adapters/cassandra/checklists.ts";
import { answer } from "./support/answer.ts";
import { BareSession } from "./support/cassandra-session.ts";

const [port = "0", endpoint = "", clusterPort = "", keyspace = ""] = process.argv.slice(2);
const session = await BareSession.connect(endpoint, Number(clusterPort), keyspace);

async function create(request: Request, origin: string): Promise<Response> {
  const { name } = (await request.json()) as { name: string };
  const [id, now] = [Bun.randomUUIDv7(), new Date()];
  await session.apply(checklists.insert, [id, name, now, now, 1, Bun.randomUUIDv7()]);
  return answer(201, origin, { id, name, created_at: now.getTime(), updated_at: now.getTime(), version: 1 });
}

async function read(id: string, origin: string): Promise<Response> {
  const row = await session.row(checklists.select, [id]);
  const [created, updated] = [row.created_at as Date, row.updated_at as Date];
  return answer(200, origin, {
    id: String(row.id),
    name: String(row.name),
    created_at: created.getTime(),
    updated_at: updated.getTime(),
    version: Number(row.version),
  });
}

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(port),
  development: false,
  fetch(request) {
    const { url } = request;
    const pathAt = url.indexOf("/", 8);
    const origin = url.slice(0, pathAt);
    if (request.method === "POST") return create(request, origin);
    return read(url.slice(pathAt + "/checklists/".length), origin);
  },
});
console.log(server.url.origin);
