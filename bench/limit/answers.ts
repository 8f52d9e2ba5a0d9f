/**
 * The same answers from the same store, written by hand for two routes of one media type: every body and
 * header of `todos`, and nothing that looks at the request. It checks no input, counts nothing, measures
 * nothing. A creation is one INSERT in one transaction. The caller chooses how safe it is: `off` does
 * not fsync, and shows what the processor alone would allow.
 */
import { Database } from "bun:sqlite";
import { answer, type Row } from "./support/answer.ts";

const [port = "0", path = "", synchronous = "FULL"] = process.argv.slice(2);
const db = new Database(path, { strict: true });
db.run("PRAGMA journal_mode = WAL");
db.run(`PRAGMA synchronous = ${synchronous}`);
const select = db.prepare("SELECT id, name, created_at, updated_at, version FROM checklist WHERE id = ?1");
const insert = db.prepare(
  "INSERT INTO checklist (id, name, created_at, updated_at, version) VALUES (?, ?, ?, ?, 1)",
);

async function create(request: Request, origin: string): Promise<Response> {
  const { name } = (await request.json()) as { name: string };
  const now = Date.now();
  const row = { id: Bun.randomUUIDv7(), name, created_at: now, updated_at: now, version: 1 };
  insert.run(row.id, row.name, row.created_at, row.updated_at);
  return answer(201, origin, row);
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
    const row = select.get(url.slice(pathAt + "/checklists/".length)) as Row | null;
    return row ? answer(200, origin, row) : new Response(null, { status: 404 });
  },
});
console.log(server.url.origin);
