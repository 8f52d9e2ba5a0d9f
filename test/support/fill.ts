import { Session } from "../../src/adapters/cassandra/session.ts";
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
const INSERT = `INSERT INTO todo (checklist_id, id, task, completed, version, created_at, updated_at)
  VALUES (?, ?, ?, false, 1, ?, ?)`;

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
  makeKeyspaceHeavy(cluster.keyspace);
  const session = await Session.connect(cluster);
  const batches = Math.ceil(count / ROWS_PER_BATCH);
  await atOnce(BATCHES_AT_ONCE, batches, (batch) => {
    const rows = Math.min(ROWS_PER_BATCH, count - batch * ROWS_PER_BATCH);
    const now = new Date();
    const params = () => [checklistId ?? INBOX_ID, Bun.randomUUIDv7(), todo, now, now];
    return session.batch(Array.from({ length: rows }, () => ({ query: INSERT, params: params() })));
  });
  await session.close();
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
