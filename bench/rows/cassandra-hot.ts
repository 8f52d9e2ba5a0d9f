import { createInOneList, type HotList, openInstances } from "../../test/support/cassandra/hot-list.ts";
import type { BenchCluster } from "../support/cassandra.ts";
import { type Bench, type Row, ratioGoal } from "../support/row.ts";
import { medianOf, medianRatio } from "../support/statistics.ts";

const GOAL_OF_ONE = 0.7;
const SECONDS = 5;

/**
 * Many instances that create tasks in one list, turn by turn with a single one. The instances are stores in this
 * process: that many servers would take processor time from each other on two cores.
 */
export async function hotListRow(cluster: BenchCluster, { cassandra }: Bench): Promise<Row> {
  const count = cassandra.hotListInstances;
  await using instances = await openInstances(cluster.settings, count);
  const { stores } = instances;
  const one: HotList[] = [];
  const all: HotList[] = [];
  await createInOneList(stores.slice(0, 1), { seconds: SECONDS });
  for (let round = 0; round < cassandra.rounds; round++) {
    one.push(await createInOneList(stores.slice(0, 1), { seconds: SECONDS }));
    all.push(await createInOneList(stores, { seconds: SECONDS }));
  }
  const rate = ({ perSecond }: HotList): number => perSecond;
  const ratio = medianRatio(all.map(rate), one.map(rate));
  const failed = [...one, ...all].reduce((sum, { failures }) => sum + failures.length, 0);
  const p99Ms = (of: HotList[]): string => medianOf(of, (each) => each.p99Ms).toFixed(0);
  return {
    what: `Cassandra: creations in one list by ${count} instances, 4 requests each at once, without HTTP`,
    unit: "creations/s",
    todos: medianOf(all, rate),
    limit: { value: medianOf(one, rate), name: "one instance" },
    goal: ratioGoal(`all/one ≥ ${GOAL_OF_ONE}`, ratio, ratio >= GOAL_OF_ONE),
    note: `p99 ${p99Ms(all)} and ${p99Ms(one)} ms; failed: ${failed}`,
  };
}
