import { Session } from "../../src/adapters/cassandra/session.ts";
import type { CassandraSettings } from "../../src/adapters/cassandra/settings.ts";
import { cassandraSettings } from "../../src/commands/support/cassandra.ts";
import { readConfig } from "../../src/config.ts";
import { INBOX_ID } from "../../src/domain/checklist.ts";
import { makeKeyspaceHeavy } from "./cassandra/reused-keyspaces.ts";
import { Client } from "./client.ts";
import type { Service } from "./service.ts";

const REQUESTS_AT_ONCE = 64;
const BATCHES_AT_ONCE = 8;
/** Amazon Keyspaces takes no more in one unlogged batch. */
const ROWS_PER_BATCH = 30;
const INSERT = `INSERT INTO todo (checklist_id, id, task, completed, status, priority, version, created_at, updated_at)
  VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?)`;

/** What a client sends to create a task. */
export interface NewTask {
  readonly todo: string;
  readonly status?: string;
  readonly priority?: string;
}

/**
 * Puts very many tasks into a list: through the service, or, where a list is one partition of a cluster and that would
 * take minutes, past it.
 * @param checklistId the inbox where absent
 */
export async function fillList(
  service: Service,
  todo: string,
  count: number,
  checklistId?: string,
): Promise<void> {
  const { config } = readConfig({ flags: new Map(), environment: service.data.settings, terminal: false });
  const cluster = cassandraSettings(config);
  if (!cluster) return throughService(service, todo, count, checklistId);
  await pastTheService(
    cluster,
    checklistId ?? INBOX_ID,
    Array.from({ length: count }, () => ({ todo })),
  );
}

/** Creates tasks in order. @returns their ids */
export async function createInOrder(
  service: Service,
  checklistId: string,
  tasks: readonly NewTask[],
): Promise<string[]> {
  const { config } = readConfig({ flags: new Map(), environment: service.data.settings, terminal: false });
  const cluster = cassandraSettings(config);
  if (cluster) return pastTheService(cluster, checklistId, tasks);
  const client = new Client(service.url);
  const ids: string[] = [];
  for (const task of tasks) ids.push((await client.post(`/tasks?checklist=${checklistId}`, task)).json().id);
  return ids;
}

async function pastTheService(
  cluster: CassandraSettings,
  checklistId: string,
  tasks: readonly NewTask[],
): Promise<string[]> {
  makeKeyspaceHeavy(cluster.keyspace);
  const session = await Session.connect(cluster);
  const ids = tasks.map(() => Bun.randomUUIDv7());
  const now = new Date();
  const rows = tasks.map(({ todo, status = "pending", priority = "medium" }, n) => ({
    query: INSERT,
    params: [checklistId, ids[n] ?? "", todo, status === "completed", status, priority, now, now],
  }));
  await atOnce(BATCHES_AT_ONCE, Math.ceil(rows.length / ROWS_PER_BATCH), (batch) =>
    session.batch(rows.slice(batch * ROWS_PER_BATCH, (batch + 1) * ROWS_PER_BATCH)),
  );
  await session.close();
  return ids;
}

async function throughService(
  { url }: Service,
  todo: string,
  count: number,
  checklistId?: string,
): Promise<void> {
  const client = new Client(url);
  const path = checklistId === undefined ? "/tasks" : `/tasks?checklist=${checklistId}`;
  await atOnce(REQUESTS_AT_ONCE, count, async () => {
    await client.post(path, { todo });
  });
}

/** Does something `count` times, so many at once. */
async function atOnce(workers: number, count: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: workers }, worker));
}
