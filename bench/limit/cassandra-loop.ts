/**
 * The limit of one process with Cassandra: the driver and the statements that `todos` sends for a request, in
 * the same order, with the same parameters, consistency and serial consistency; nothing else. There is no
 * HTTP, no validation and no change log. Rows are not converted, and failures are counted and not retried.
 * One loop runs per connection.
 *
 * Arguments: address, port, keyspace. Prints that it is ready; then takes one {@link Order} per line of JSON
 * on standard input and answers with one {@link Outcome} per line.
 */
import { CHECKLIST_STATEMENTS as checklists } from "../../src/adapters/cassandra/checklists.ts";
import { taskInsertion } from "../../src/adapters/cassandra/tasks.ts";
import { INBOX_ID } from "../../src/domain/checklist.ts";
import { newTask, type Task } from "../../src/domain/task.ts";
import { BareSession } from "./support/cassandra-session.ts";

export interface Order {
  readonly kind: "read" | "create" | "create-task" | "change";
  readonly connections: number;
  readonly seconds: number;
}

export interface Outcome {
  /** Those that succeeded. */
  readonly done: number;
  readonly failed: number;
  readonly durationMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const [endpoint = "", port = "", keyspace = ""] = process.argv.slice(2);
const session = await BareSession.connect(endpoint, Number(port), keyspace);

async function read(): Promise<void> {
  await session.row(checklists.select, [INBOX_ID]);
}

async function create(): Promise<string> {
  const [id, now] = [Bun.randomUUIDv7(), new Date()];
  await session.apply(checklists.insert, [id, "Shopping", now, now, 1, Bun.randomUUIDv7()]);
  return id;
}

/** The checklist is read before and after. */
async function createTask(): Promise<void> {
  const task = newTask(INBOX_ID, Bun.randomUUIDv7(), { todo: "Shopping" }, Date.now()) as Task;
  const { query, params } = taskInsertion(task);
  await read();
  await session.apply(query, [...params]);
  await read();
}

async function change(id: string): Promise<void> {
  const { version, write_id: replaced } = await session.row(checklists.select, [id]);
  const values = ["Shopping", new Date(), version + 1, Bun.randomUUIDv7(), replaced, id, version];
  await session.apply(checklists.update, values);
}

/** What each loop repeats. */
async function stepOf(kind: Order["kind"]): Promise<() => Promise<unknown>> {
  if (kind === "read") return read;
  if (kind === "create") return create;
  if (kind === "create-task") return createTask;
  const id = await create();
  return () => change(id);
}

async function carriedOut({ kind, connections, seconds }: Order): Promise<Outcome> {
  const steps = await Promise.all(Array.from({ length: connections }, () => stepOf(kind)));
  const latenciesMs: number[] = [];
  let failed = 0;
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1_000;
  const loop = async (step: () => Promise<unknown>): Promise<void> => {
    for (let at = startedAt; at < endsAt; ) {
      try {
        await step();
        const now = performance.now();
        latenciesMs.push(now - at);
        at = now;
      } catch (error) {
        if (failed++ === 0) console.error(`the bare loop: ${String(error)}`);
        at = performance.now();
      }
    }
  };
  await Promise.all(steps.map(loop));
  const durationMs = performance.now() - startedAt;
  latenciesMs.sort((a, b) => a - b);
  const share = (part: number): number => latenciesMs[Math.floor(latenciesMs.length * part)] ?? Number.NaN;
  return { done: latenciesMs.length, failed, durationMs, p50Ms: share(0.5), p99Ms: share(0.99) };
}

console.log("ready");
for await (const line of console) console.log(JSON.stringify(await carriedOut(JSON.parse(line) as Order)));
process.exit(0);
