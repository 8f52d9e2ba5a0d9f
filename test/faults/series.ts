import { expect } from "bun:test";
import type { CassandraNode } from "../support/cassandra/node.ts";
import { Client, type Json } from "../support/client.ts";
import { completeAll, DAILY, nextOnes } from "../support/repeating.ts";
import { type Data, type Service, type Settings, startService } from "../support/service.ts";
import { FULL_SIZE, note } from "../support/size.ts";

const TASKS = FULL_SIZE ? 400 : 60;
const LISTS = 6;
/** After this share of the tasks a node is killed, and a little later the instance. */
const NODE_KILLED_AFTER = 0.25;
const INSTANCE_KILLED_AFTER = 0.5;

/**
 * Completes repeating tasks through two instances while a node is killed, which stays down, and then one of the instances.
 * Repeats what got no answer until it is done.
 */
export async function completesOnce(
  node: CassandraNode,
  survivor: Service,
  settings: Settings,
  data: Data,
): Promise<void> {
  await using victim = await startService(settings, data);
  const client = new Client(survivor.url);
  const lists = await Promise.all(Array.from({ length: LISTS }, () => client.checklist("Repeating")));
  const tasks = await Promise.all(
    Array.from({ length: TASKS }, (_, n) => client.task(DAILY, lists[n % LISTS])),
  );
  const clients = [client, new Client(victim.url)];
  let answered = 0;
  const dying: Promise<unknown>[] = [];
  await Promise.all(
    lists.map(async (_, list) => {
      for (const task of tasks.filter((_, n) => n % LISTS === list)) {
        const statuses = await Promise.all(clients.map((each) => completeAll(each, [task])));
        if (!statuses.flat().includes(200)) continue;
        answered++;
        if (answered === Math.round(TASKS * NODE_KILLED_AFTER)) dying.push(node.kill("SIGKILL"));
        if (answered === Math.round(TASKS * INSTANCE_KILLED_AFTER)) dying.push(victim.stop("SIGKILL"));
      }
    }),
  );
  expect(dying.length).toBe(2);
  await Promise.all(dying);
  for (const task of tasks) await untilCompleted(client, task);
  expect(await nextOnes([client], tasks)).toBe(TASKS);
  note(
    `repeating tasks completed by two instances while a node of three and an instance are killed: ${TASKS} tasks, ${TASKS} next ones, none twice`,
  );
}

async function untilCompleted(client: Client, task: Json): Promise<void> {
  for (;;) {
    const [status = 0] = await completeAll(client, [task]);
    if (status === 200) return;
    expect(status).toBe(503);
  }
}
