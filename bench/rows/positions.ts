import { join } from "node:path";
import { migrated, startTodos } from "../support/contestants.ts";
import { type Bench, type Row, ratioGoal } from "../support/row.ts";
import { idAt, seed } from "../support/seed.ts";
import { medianOf, medianRatio } from "../support/statistics.ts";
import { type Load, load } from "../support/wrk.ts";

/** A move reads its two neighbours first, and makes a rank. */
const GOAL_OF_CHANGE = 2;
const CONNECTIONS = 32;
const TASKS = 1_000;
/** Tasks that are moved, by turns, between two that stay where they are. */
const MOVED = 500;

/** Tasks moved to one spot, next to other changes of the same tasks. */
export async function positionRows(bench: Bench): Promise<Row[]> {
  const database = await migrated(bench.folder, "positions");
  seed(database, TASKS);
  await using servers = new AsyncDisposableStack();
  const server = await startTodos(database);
  servers.defer(() => server.stop());
  const paths = join(bench.folder, "moved-tasks");
  await Bun.write(paths, Array.from({ length: MOVED }, (_, index) => `/tasks/${idAt(index + 3)}\n`).join(""));
  const sampled = (body: object) =>
    load(server, {
      seconds: bench.seconds,
      connections: CONNECTIONS,
      path: "",
      method: "edit",
      variables: { BENCH_ROWS: paths, BENCH_BODY: JSON.stringify(body) },
    });
  const move = { position: { after: idAt(1), before: idAt(2) } };
  const change = { priority: "low" };
  // What is compiled meanwhile would count for the first round.
  for (const body of [move, change]) await sampled(body);
  const moves: Load[] = [];
  const changes: Load[] = [];
  for (let round = 0; round < bench.rounds; round++) {
    moves.push(await sampled(move));
    changes.push(await sampled(change));
  }
  const cpuUs = (each: Load): number => each.cpuUs;
  const ratio = medianRatio(moves.map(cpuUs), changes.map(cpuUs));
  const rate = (each: Load): string => each.perSecond.toFixed(0);
  return [
    {
      what: "PATCH a task with position, server's processor time",
      unit: "µs/request",
      todos: medianOf(moves, cpuUs),
      goal: ratioGoal(`move/other change ≤ ${GOAL_OF_CHANGE}`, ratio, ratio <= GOAL_OF_CHANGE),
      note: `moves/s: ${moves.map(rate).join(", ")}; other changes/s: ${changes.map(rate).join(", ")}`,
    },
  ];
}
