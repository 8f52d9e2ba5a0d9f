import { migrated, startLimit, startTodos } from "../support/contestants.ts";
import { type Bench, type Row, ratioGoal } from "../support/row.ts";
import { INBOX_PATH } from "../support/seed.ts";
import { medianOf, medianRatio } from "../support/statistics.ts";
import { type Load, load } from "../support/wrk.ts";

const GOAL_OF_LIMIT = 0.8;
const CONNECTIONS = 32;

/** One checklist, read repeatedly. */
export async function readRows({ folder, rounds, seconds, peer }: Bench): Promise<Row[]> {
  const database = await migrated(folder, "reads");
  await using servers = new AsyncDisposableStack();
  const contestants = [
    { server: await startTodos(database), path: INBOX_PATH },
    { server: await startLimit("answers", database), path: INBOX_PATH },
    ...(peer ? [{ server: await peer.start(), path: peer.recordPath }] : []),
  ];
  for (const { server, path } of contestants) {
    servers.defer(() => server.stop());
    await load(server, { seconds: 1, connections: CONNECTIONS, path });
  }
  const loads = contestants.map((): Load[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, { server, path }] of contestants.entries()) {
      loads[index]?.push(await load(server, { seconds, connections: CONNECTIONS, path }));
    }
  }
  return rows(loads);
}

function rows([ours = [], limit = [], go = []]: Load[][]): Row[] {
  const cpu = (each: Load): number => each.cpuUs;
  const rate = (each: Load): number => each.perSecond;
  const ratio = medianRatio(limit.map(cpu), ours.map(cpu));
  const name = "same answers";
  return [
    {
      what: "GET one checklist, server's processor time",
      unit: "µs/request",
      todos: medianOf(ours, cpu),
      limit: { value: medianOf(limit, cpu), name },
      ...(go.length > 0 ? { peer: medianOf(go, cpu) } : {}),
      goal: ratioGoal(`limit/todos ≥ ${GOAL_OF_LIMIT}`, ratio, ratio >= GOAL_OF_LIMIT),
    },
    {
      what: "GET one checklist",
      unit: "requests/s",
      todos: medianOf(ours, rate),
      limit: { value: medianOf(limit, rate), name },
      ...(go.length > 0 ? { peer: medianOf(go, rate) } : {}),
      note: `p99 ${medianOf(ours, (each) => each.p99Ms).toFixed(2)} ms; one load generator shares the machine`,
    },
  ];
}
