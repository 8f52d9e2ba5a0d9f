import { Client } from "cassandra-driver";
import type { CassandraSettings } from "../../src/adapters/cassandra/settings.ts";
import { boundedly } from "../../src/application/copy/work.ts";
import type { BenchKeyspace } from "../support/cassandra.ts";
import { migrated, startTodos } from "../support/contestants.ts";
import type { Running } from "../support/process.ts";
import { type Bench, type Row, ratioGoal } from "../support/row.ts";
import { AGENDA_DAY, AGENDA_LISTS, agendaTask, idAt, seedAgenda } from "../support/seed.ts";
import { median, medianOf } from "../support/statistics.ts";
import { type Load, load } from "../support/wrk.ts";

/** What is not due costs nothing, apart from noise and a deeper tree. */
const GOAL_SPREAD = 1.5;
const FEW_ROWS = 10_000;
/** On a cluster each row is a statement, so there are fewer of them. */
const CLUSTER_FEW_ROWS = 2_000;
const CLUSTER_ROWS_SHARE = 10;
const OPTIONS = { seconds: 1, connections: 4, path: `/agenda?until=${AGENDA_DAY}` } as const;
/** Pages measured there, one after the other: each is a thousand statements. */
const CLUSTER_PAGES = 15;
const INSERTS_AT_ONCE = 256;

/** A page of the 50 tasks that are due, among few and many in 1,000 checklists. */
export async function agendaRow(bench: Bench): Promise<Row> {
  await using servers = new AsyncDisposableStack();
  const sizes = [FEW_ROWS, bench.pageRows.at(-1) ?? FEW_ROWS];
  const started: Running[] = [];
  for (const rows of sizes) {
    const database = await migrated(bench.folder, `agenda-${rows}`);
    seedAgenda(database, rows);
    const server = await startTodos(database);
    servers.defer(() => server.stop());
    started.push(server);
  }
  const loads = sizes.map((): Load[] => []);
  for (let round = 0; round < bench.rounds; round++)
    for (const [index, server] of started.entries()) loads[index]?.push(await load(server, OPTIONS));
  return row(
    "agenda",
    "µs/request",
    sizes,
    loads.map((each) => medianOf(each, ({ cpuUs }) => cpuUs)),
  );
}

/** The same on Cassandra, where the page reads each checklist. The second measurement is of the same service. */
export async function agendaRowOnCassandra(keyspace: BenchKeyspace, bench: Bench): Promise<Row> {
  const server = await keyspace.startTodos();
  try {
    const sizes = [CLUSTER_FEW_ROWS, (bench.pageRows.at(-1) ?? FEW_ROWS) / CLUSTER_ROWS_SHARE];
    const medianMs: number[] = [];
    for (const [index, rows] of sizes.entries()) {
      await fill(keyspace.settings, sizes[index - 1] ?? 0, rows);
      const tookMs: number[] = [];
      for (let page = 0; page < CLUSTER_PAGES; page++) tookMs.push(await pageMs(server));
      medianMs.push(median(tookMs));
    }
    return row("agenda on Cassandra", "ms (median)", sizes, medianMs);
  } finally {
    await server.stop();
  }
}

async function pageMs({ url }: Running): Promise<number> {
  const startedAt = performance.now();
  const answer = await fetch(url + OPTIONS.path);
  await answer.text();
  if (!answer.ok) throw new Error(`the agenda answered ${answer.status}`);
  return performance.now() - startedAt;
}

function row(what: string, unit: string, sizes: readonly number[], figures: readonly number[]): Row {
  const spread = Math.max(...figures) / Math.min(...figures);
  const counts = sizes.map((rows, index) => `${rows} tasks: ${figures[index]?.toFixed(0)}`);
  return {
    what: `page of 50 due tasks, ${what}, ${AGENDA_LISTS} checklists`,
    unit,
    todos: figures.at(-1) ?? Number.NaN,
    goal: ratioGoal(`most/least ≤ ${GOAL_SPREAD} over both sizes`, spread, spread <= GOAL_SPREAD),
    note: counts.join(", "),
  };
}

/** Adds tasks of these numbers; those that are due only the first time. */
async function fill(settings: CassandraSettings, from: number, to: number): Promise<void> {
  const { endpoints, port, keyspace } = settings;
  const client = new Client({
    contactPoints: [...endpoints],
    protocolOptions: { port },
    localDataCenter: "datacenter1",
    keyspace,
  });
  const execute = (cql: string, params: unknown[]) => client.execute(cql, params, { prepare: true });
  try {
    if (from === 0)
      await boundedly(listNumbers(), INSERTS_AT_ONCE, (number) =>
        execute("INSERT INTO checklist (id, name, created_at, version) VALUES (?, 'x', 0, 1)", [
          idAt(number),
        ]).then(() => {}),
      );
    const numbers = Array.from({ length: to - from }, (_, index) => from + index);
    await boundedly(numbers, INSERTS_AT_ONCE, async (number) => {
      const { checklistId, id, status, dueDate } = agendaTask(number, CLUSTER_FEW_ROWS);
      await execute(
        `INSERT INTO todo (checklist_id, id, task, status, due_date, created_at, updated_at, version)
         VALUES (?, ?, 'x', ?, ?, 0, 0, 1)`,
        [checklistId, id, status, dueDate],
      );
      if (dueDate === null || status === "completed") return;
      await execute("INSERT INTO task_due (checklist_id, due_date, task_id, version) VALUES (?, ?, ?, 1)", [
        checklistId,
        dueDate,
        id,
      ]);
    });
  } finally {
    await client.shutdown();
  }
}

function listNumbers(): readonly number[] {
  return Array.from({ length: AGENDA_LISTS - 1 }, (_, index) => index + 1);
}
