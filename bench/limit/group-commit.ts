/**
 * The same answers as `todos`, and the limit of durable creations on one thread: every INSERT of one turn of the event
 * loop goes into one transaction, committed (and so fsynced: WAL, synchronous=FULL) before any of them is answered.
 *
 * A request parses its body, puts its row into the batch and waits. The first one of a turn asks for
 * setImmediate, which runs after the sockets of this turn have been read: everything that arrived by then shares the
 * commit. A microtask would run before the second request is read, and share nothing. While the commit waits for the
 * disk, so does the whole process: this is why todos has a writer's thread.
 */
import { Database } from "bun:sqlite";
import { answer } from "./support/answer.ts";

const [port = "0", path = ""] = process.argv.slice(2);
const db = new Database(path, { strict: true });
db.run("PRAGMA journal_mode = WAL");
db.run("PRAGMA synchronous = FULL");
const begin = db.prepare("BEGIN IMMEDIATE");
const commit = db.prepare("COMMIT");
const insert = db.prepare(
  "INSERT INTO checklist (id, name, created_at, updated_at, version) VALUES (?, ?, ?, ?, 1)",
);

interface Waiting {
  readonly id: string;
  readonly name: string;
  readonly now: number;
  readonly origin: string;
  readonly resolve: (response: Response) => void;
}

let batch: Waiting[] = [];
let writes = 0;
let commits = 0;

function flush(): void {
  const waiting = batch;
  batch = [];
  begin.run();
  for (const { id, name, now } of waiting) insert.run(id, name, now, now);
  commit.run();
  writes += waiting.length;
  commits++;
  for (const { id, name, now, origin, resolve } of waiting) {
    resolve(answer(201, origin, { id, name, created_at: now, updated_at: now, version: 1 }));
  }
}

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(port),
  development: false,
  async fetch(request) {
    if (request.method === "GET") return Response.json({ writes, commits });
    const origin = request.url.slice(0, request.url.indexOf("/", "http://".length));
    const { name } = (await request.json()) as { name: string };
    return new Promise((resolve) => {
      if (batch.length === 0) setImmediate(flush);
      batch.push({ id: Bun.randomUUIDv7(), name, now: Date.now(), origin, resolve });
    });
  },
});
console.log(server.url.origin);
