import { expect, test } from "bun:test";
import { Client, type Json } from "../../support/client.ts";
import { seededRandom } from "../../support/random.ts";
import { completeAll, DAILY, nextOnes, rowsOf } from "../../support/repeating.ts";
import {
  type Data,
  type Service,
  STORE,
  STORE_NAME,
  scratchData,
  startService,
} from "../../support/service.ts";
import { FULL_SIZE, note } from "../../support/size.ts";

const ROUNDS = FULL_SIZE ? 60 : STORE === "sqlite" ? 5 : 2;
const TASKS = 24;
/** So that several partitions are written at once. */
const LISTS = 4;
const ROUND_DEADLINE_MS = 60_000;
const SEED = 20_261_129;

interface Tally {
  answered: number;
  completed: number;
}

test(
  `kill -9 while repeating tasks are completed, ${ROUNDS} rounds: exactly one next task each, however often it is repeated`,
  async () => {
    using data = scratchData();
    const random = seededRandom(SEED);
    const tally = { answered: 0, completed: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      const tasks = await killedWhileCompleting(data, 1 + Math.floor(random.next() * (TASKS - LISTS)), tally);
      await using one = await startService({}, data);
      // SQLite's file has one process at a time.
      await using other = STORE === "sqlite" ? undefined : await startService({}, data);
      const clients = [one, other].flatMap((service) => (service ? [new Client(service.url)] : []));
      await expectPairs(clients, tasks, tally);
      for (const statuses of await Promise.all(clients.map((client) => completeAll(client, tasks)))) {
        expect(statuses).toEqual(tasks.map(() => 200));
      }
      expect(await nextOnes(clients, tasks)).toBe(TASKS);
    }
    const all = ROUNDS * TASKS;
    note(
      `kill -9 while repeating tasks are completed, on ${STORE_NAME}: ${ROUNDS} rounds, ${all} tasks, ${tally.answered} answered and ${tally.completed} completed before the kill, ${all} next tasks, none twice`,
    );
  },
  ROUNDS * ROUND_DEADLINE_MS,
);

/** Ends the service by force once so many requests have been answered, with others under way. */
async function killedWhileCompleting(data: Data, killAt: number, tally: Tally): Promise<readonly Json[]> {
  await using service: Service = await startService({}, data);
  const client = new Client(service.url);
  const lists = await Promise.all(Array.from({ length: LISTS }, () => client.checklist()));
  const tasks = await Promise.all(
    Array.from({ length: TASKS }, (_, n) => client.task(DAILY, lists[n % LISTS])),
  );
  let left = killAt;
  const killed = Promise.withResolvers<void>();
  const writers = lists.map(async (_, n) => {
    for (const task of tasks.filter((_, at) => at % LISTS === n)) {
      const [status] = await completeAll(client, [task]);
      if (status === 200) tally.answered++;
      if (status === 200 && --left === 0) void service.stop("SIGKILL").then(() => killed.resolve());
    }
  });
  await Promise.all([killed.promise, ...writers]);
  return tasks;
}

/** A completed task has one next task, which is there; any other has none. */
async function expectPairs(clients: readonly Client[], tasks: readonly Json[], tally: Tally): Promise<void> {
  const rows = await rowsOf(clients, tasks);
  const completed = tasks.filter(({ id }) => rows.get(id)?.completed === true);
  tally.completed += completed.length;
  expect(await nextOnes(clients, tasks)).toBe(completed.length);
}
