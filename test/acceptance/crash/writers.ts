import type { Client, Reply } from "../../support/client.ts";
import type { Ledger } from "./ledger.ts";

const WRITERS_PER_KIND = 4;

/** Writes of every kind, from many callers at once, until the service is gone; all are recorded in the ledger. */
export async function writeUntilTheEnd(client: Client, ledger: Ledger): Promise<void> {
  const kinds = [createOne, createKeyed, createAndChange, createAndDelete];
  const writers = kinds.flatMap((kind) => Array<typeof createOne>(WRITERS_PER_KIND).fill(kind));
  await Promise.all(
    writers.map(async (write) => {
      while (await write(client, ledger));
    }),
  );
}

/** Every write has its resulting version as its text, so that the stored row shows which write was last. */
function textOf(version: number): string {
  return `v${version}`;
}

async function createOne(client: Client, ledger: Ledger): Promise<boolean> {
  const id = await created(client, ledger);
  if (id === undefined) ledger.doubtfulCreates++;
  return id !== undefined;
}

async function createKeyed(client: Client, ledger: Ledger): Promise<boolean> {
  const key = crypto.randomUUID();
  const id = await created(client, ledger, key);
  ledger.keys.set(key, id);
  return id !== undefined;
}

async function createAndChange(client: Client, ledger: Ledger): Promise<boolean> {
  const id = await created(client, ledger);
  if (id === undefined) {
    ledger.doubtfulCreates++;
    return false;
  }
  for (let version = 2; version <= 5; version++) {
    const etag = ledger.tasks.get(id)?.etag ?? "";
    const reply = await answered(
      client.patch(pathOf(ledger, id), { todo: textOf(version) }, { "if-match": etag }),
      200,
    );
    if (!reply) {
      ledger.doubt(id, "change");
      return false;
    }
    ledger.acknowledge(id, version, reply.header("etag"));
  }
  return true;
}

async function createAndDelete(client: Client, ledger: Ledger): Promise<boolean> {
  const id = await created(client, ledger);
  if (id === undefined) {
    ledger.doubtfulCreates++;
    return false;
  }
  const reply = await answered(client.delete(pathOf(ledger, id)), 204);
  if (reply) ledger.acknowledgeDeletion(id);
  else ledger.doubt(id, "delete");
  return reply !== undefined;
}

async function created(client: Client, ledger: Ledger, key?: string): Promise<string | undefined> {
  const reply = await answered(postTask(client, ledger, key), 201);
  if (!reply) return undefined;
  const { id } = reply.json();
  ledger.acknowledge(id, 1, reply.header("etag"));
  return id;
}

/** @param key kept in the row too, so that the rows of a key can be counted */
export function postTask(client: Client, { checklistId }: Ledger, key?: string): Promise<Reply> {
  return client.post(
    `/tasks?checklist=${checklistId}`,
    { todo: textOf(1), ...(key !== undefined && { description: key }) },
    key === undefined ? {} : { "idempotency-key": key },
  );
}

function pathOf({ checklistId }: Ledger, id: string): string {
  return `/tasks/${id}?checklist=${checklistId}`;
}

/** The answer, or undefined if the service ended before it gave one. Any other status is a failure. */
async function answered(asking: Promise<Reply>, status: number): Promise<Reply | undefined> {
  const [end] = await Promise.allSettled([asking]);
  if (end.status === "rejected") return undefined;
  if (end.value.status === status) return end.value;
  throw new Error(`${end.value.status} where ${status} was due: ${end.value.text}`);
}
