import { join } from "node:path";
import type { Order } from "../limit/cassandra-loop.ts";
import { type BenchCluster, benchCluster, type Loop } from "../support/cassandra.ts";
import { memory, type Running } from "../support/process.ts";
import { atMost, type Bench, type Row, ratioGoal } from "../support/row.ts";
import { INBOX_PATH } from "../support/seed.ts";
import { medianOf, medianRatio } from "../support/statistics.ts";
import { type Load, type LoadOptions, load } from "../support/wrk.ts";
import { accountRowsOnCassandra } from "./accounts.ts";
import { agendaRowOnCassandra } from "./agenda.ts";
import { hotListRow } from "./cassandra-hot.ts";

const GOAL_OF_LIMIT = 0.8;
const GOAL_MIB = 120;
const MEMORY_REQUESTS = 100_000;
const SECONDS = 1;
/** The number of connections at which the service is also measured with its change log. */
const CONNECTIONS_MAX = 64;
/** Checklists in addition to one per connection: some are dropped after a failure. */
const SPARE_ROWS = 16;

type Kind = Order["kind"];

const WHAT: Readonly<Record<Kind, string>> = {
  read: "GET one checklist",
  create: "POST checklists",
  "create-task": "POST tasks of one checklist",
  change: "PATCH checklists with If-Match",
};
const KINDS = Object.keys(WHAT) as Kind[];
/** What the bare server can answer. */
const SERVED: readonly Kind[] = ["read", "create"];

interface Sample extends Load {
  readonly statementsPerRequest: number;
}

type Contestant = (order: Order) => Promise<Load>;

interface Contestants {
  /** Sends what the bare loop sends: TODOS_SHARED_EVENTS=false. */
  readonly todos: Contestant;
  /** With default settings: every change also goes to the change log. */
  readonly withEvents: Contestant;
  readonly loop: Contestant;
  /** The loop's session behind HTTP: what a server could reach. */
  readonly server: Contestant;
}

interface Samples {
  readonly todos: Sample[];
  readonly loop: Sample[];
  /** For reads and creations only. */
  readonly server: Sample[];
  readonly withEvents: Sample[];
}

/** The service on one real node, turn by turn with a bare loop of the driver that sends the same statements. */
export async function cassandraRows(bench: Bench): Promise<Row[]> {
  await using cluster = await benchCluster();
  await using processes = new AsyncDisposableStack();
  const todos = await cluster.startTodos({ TODOS_SHARED_EVENTS: "false" });
  processes.defer(() => todos.stop());
  const withEvents = await cluster.startTodos();
  processes.defer(() => withEvents.stop());
  const loop: Loop = await cluster.startLoop();
  processes.defer(() => loop.stop());
  const server = await cluster.startServer();
  processes.defer(() => server.stop());
  let requests = 0;
  const contestants: Contestants = {
    todos: (order) => loaded(todos, order, bench.folder),
    withEvents: async (order) => {
      const seen = await loaded(withEvents, order, bench.folder);
      requests += seen.requests;
      return seen;
    },
    loop: (order) => loop.run(order),
    server: (order) => loaded(server, order, bench.folder),
  };
  for (const { kind, seconds } of bench.cassandra.warmUp) await warmedUp(contestants, kind, seconds);
  const rows: Row[] = [];
  for (const kind of KINDS) {
    for (const connections of bench.cassandra.connections) {
      rows.push(await compared(cluster, contestants, { kind, connections, seconds: SECONDS }, bench));
    }
  }
  rows.push(await hotListRow(cluster, bench));
  const [without, accounts] = [await cluster.keyspace("without"), await cluster.keyspace("accounts")];
  rows.push(...(await accountRowsOnCassandra([without, accounts], bench)));
  rows.push(await agendaRowOnCassandra(await cluster.keyspace("agenda"), bench));
  return [...rows, await memoryRow(withEvents, requests, bench.cassandra.memorySecondsMax)];
}

/**
 * JavaScript is compiled while it runs: a process that has answered 5,000 requests needs twice the time per request of
 * one that has answered 30,000.
 */
async function warmedUp(
  { todos, withEvents, loop, server }: Contestants,
  kind: Kind,
  seconds: number,
): Promise<void> {
  const order = { kind, connections: CONNECTIONS_MAX, seconds };
  const all = [loop, todos, withEvents, ...(SERVED.includes(kind) ? [server] : [])];
  for (const each of all) await each(order);
}

async function compared(
  cluster: BenchCluster,
  { todos, withEvents, loop, server }: Contestants,
  order: Order,
  bench: Bench,
): Promise<Row> {
  const samples: Samples = { todos: [], loop: [], server: [], withEvents: [] };
  const counted = async (each: Contestant): Promise<Sample> => {
    // The rows to change are created first, one statement each, outside the measured time.
    const spare = each === loop ? 0 : SPARE_ROWS;
    const created = order.kind === "change" ? order.connections + spare : 0;
    const before = await cluster.statements();
    const seen = await each(order);
    const statements = (await cluster.statements()) - before - created;
    return { ...seen, statementsPerRequest: statements / seen.requests };
  };
  for (let round = 0; round < bench.cassandra.rounds; round++) {
    samples.todos.push(await counted(todos));
    samples.loop.push(await counted(loop));
    if (SERVED.includes(order.kind)) samples.server.push(await counted(server));
    // A read leaves nothing in the change log.
    const logged = order.kind !== "read" && order.connections === CONNECTIONS_MAX;
    if (logged) samples.withEvents.push(await counted(withEvents));
  }
  return row(order, samples);
}

function row({ kind, connections }: Order, { todos, loop, server, withEvents }: Samples): Row {
  const rate = (each: Load): number => each.perSecond;
  const ratio = medianRatio(todos.map(rate), loop.map(rate));
  return {
    what: `Cassandra: ${WHAT[kind]}, ${connections} ${connections === 1 ? "connection" : "connections"}`,
    unit: "requests/s",
    todos: medianOf(todos, rate),
    limit: { value: medianOf(loop, rate), name: "bare driver loop" },
    goal: ratioGoal(`todos/limit ≥ ${GOAL_OF_LIMIT}`, ratio, ratio >= GOAL_OF_LIMIT),
    note: [
      `p99 ${beside(todos, loop, (each) => each.p99Ms)} ms`,
      `own processor time ${beside(todos, loop, (each) => each.cpuUs)} µs, ${cpuRatio(todos, loop)} of it the loop's`,
      `statements a request ${beside(todos, loop, (each) => each.statementsPerRequest, 2)}`,
      ...failures(todos, loop),
      ...(server.length > 0 ? [besideServer(todos, server)] : []),
      ...(withEvents.length > 0 ? [sharedEvents(withEvents, loop)] : []),
    ].join("; "),
  };
}

/** By processor time, which a busy machine and the load generator disturb least. */
function cpuRatio(todos: Sample[], loop: Sample[]): string {
  const cpu = (each: Load): number => each.cpuUs;
  return medianRatio(loop.map(cpu), todos.map(cpu)).toFixed(2);
}

/** The service's figure, then the loop's. */
function beside(todos: Sample[], loop: Sample[], pick: (sample: Sample) => number, digits = 0): string {
  return `${medianOf(todos, pick).toFixed(digits)} and ${medianOf(loop, pick).toFixed(digits)}`;
}

function failures(todos: Sample[], loop: Sample[]): string[] {
  const failed = (samples: Sample[]): number => samples.reduce((sum, each) => sum + each.failed, 0);
  if (failed(todos) + failed(loop) === 0) return [];
  return [`failed: ${failed(todos)} and ${failed(loop)}`];
}

function besideServer(todos: Sample[], server: Sample[]): string {
  const rate = (each: Load): number => each.perSecond;
  const ratio = medianRatio(todos.map(rate), server.map(rate));
  const cpuUs = medianOf(server, (each) => each.cpuUs).toFixed(0);
  return `the loop's session behind HTTP ${medianOf(server, rate).toFixed(0)}/s, ${cpuUs} µs: todos ${ratio.toFixed(2)} of that`;
}

function sharedEvents(withEvents: Sample[], loop: Sample[]): string {
  const rate = (each: Load): number => each.perSecond;
  const ratio = medianRatio(withEvents.map(rate), loop.map(rate));
  return `with shared events ${medianOf(withEvents, rate).toFixed(0)}/s, ${ratio.toFixed(2)} of the loop`;
}

async function loaded(server: Running, { kind, connections, seconds }: Order, folder: string): Promise<Load> {
  const common = { seconds, connections, failuresCounted: true };
  return load(server, { ...common, ...(await requestsOf(server, kind, connections, folder)) });
}

async function requestsOf(
  { url }: Running,
  kind: Kind,
  connections: number,
  folder: string,
): Promise<Pick<LoadOptions, "path" | "method" | "variables">> {
  if (kind === "read") return { path: INBOX_PATH };
  if (kind === "create") return { path: "/checklists", method: "post" };
  if (kind === "create-task") return { path: "/tasks", method: "post", variables: { BENCH_MEMBER: "todo" } };
  const rows = await Promise.all(Array.from({ length: connections + SPARE_ROWS }, () => freshRow(url)));
  const file = join(folder, "cassandra-rows.txt");
  await Bun.write(file, rows.join("\n"));
  return { path: "/checklists", method: "patch", variables: { BENCH_ROWS: file } };
}

/** A new checklist's id and ETag. */
async function freshRow(url: string): Promise<string> {
  const answer = await fetch(`${url}/checklists`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"name":"Shopping"}',
  });
  const { id } = (await answer.json()) as { id: string };
  return `${id} ${answer.headers.get("etag")}`;
}

/** Reads in addition to what the service has already answered, as far as the time allows. */
async function memoryRow(server: Running, answered: number, secondsMax: number): Promise<Row> {
  let requests = answered;
  const endsAt = performance.now() + secondsMax * 1_000;
  while (requests < MEMORY_REQUESTS && performance.now() < endsAt) {
    const options = {
      seconds: SECONDS,
      connections: CONNECTIONS_MAX,
      path: INBOX_PATH,
      failuresCounted: true,
    };
    requests += (await load(server, options)).requests;
  }
  const { rssMib, pssMib, anonymousMib } = memory(server.pid);
  return {
    what: `Cassandra: memory (RSS), after ${requests} requests`,
    unit: "MiB",
    todos: rssMib,
    goal: atMost(rssMib, GOAL_MIB, "MiB"),
    note: `with shared events; PSS ${pssMib.toFixed(1)}, anonymous ${anonymousMib.toFixed(1)}`,
  };
}
