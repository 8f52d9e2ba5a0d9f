import { type Client, type Json, NDJSON } from "../../support/client.ts";
import type { Ledger, Promised } from "./ledger.ts";
import { postTask } from "./writers.ts";

/** Every promise of the ledger that the restarted service does not keep, as sentences. */
export async function brokenPromises(client: Client, ledger: Ledger): Promise<readonly string[]> {
  const found = await storedTasks(client, ledger);
  return [...tasksLost(ledger, found), ...deletionsLost(ledger, found), ...uninvited(ledger, found)];
}

/** Repeats every keyed creation, answered or not, and reports keys without exactly one task. */
export async function brokenKeys(client: Client, ledger: Ledger): Promise<readonly string[]> {
  const broken: string[] = [];
  for (const [key, acknowledgedId] of ledger.keys) {
    const reply = await postTask(client, ledger, key);
    if (reply.status !== 201) {
      broken.push(`${key} was answered ${reply.status}`);
      continue;
    }
    const { id } = reply.json();
    if (acknowledgedId === undefined) ledger.acknowledge(id, 1, reply.header("etag"));
    else if (id !== acknowledgedId) broken.push(`${key} gave ${acknowledgedId}, then ${id}`);
    ledger.keys.set(key, id);
  }
  const made = [...(await storedTasks(client, ledger)).values()].map(({ description }) => description);
  for (const key of ledger.keys.keys()) {
    const count = made.filter((description) => description === key).length;
    if (count !== 1) broken.push(`${key} made ${count} tasks`);
  }
  return broken;
}

/** Undoubted tasks can be written with the ETag from before the crash. */
export async function brokenEtags(client: Client, ledger: Ledger): Promise<readonly string[]> {
  const certain = [...ledger.tasks].filter(([, { version, doubtful }]) => version > 1 && !doubtful);
  const broken: string[] = [];
  for (const [id, { version, etag }] of certain) {
    const where = `/tasks/${id}?checklist=${ledger.checklistId}`;
    const reply = await client.patch(where, { todo: `v${version + 1}` }, { "if-match": etag });
    if (reply.status === 200) ledger.acknowledge(id, version + 1, reply.header("etag"));
    else broken.push(`${id} at version ${version} answered ${reply.status} to its ETag`);
  }
  return broken;
}

async function storedTasks(client: Client, ledger: Ledger): Promise<ReadonlyMap<string, Json>> {
  const { text } = await client.get(`/tasks?checklist=${ledger.checklistId}`, { accept: NDJSON });
  const rows = text.split("\n").filter((line) => line !== "");
  return new Map(
    rows.map((line) => {
      const row: Json = JSON.parse(line);
      return [row.id, row];
    }),
  );
}

function tasksLost(ledger: Ledger, found: ReadonlyMap<string, Json>): string[] {
  return [...ledger.tasks].flatMap(([id, promised]) => {
    const row = found.get(id);
    if (!row) return promised.doubtful === "delete" ? [] : [`${id} is gone`];
    const version = Number(row.todo.slice(1));
    return possible(promised, version) ? [] : [`${id} is at ${version}, promised ${promised.version}`];
  });
}

function possible({ version, doubtful }: Promised, found: number): boolean {
  return found === version || (doubtful === "change" && found === version + 1);
}

function deletionsLost(ledger: Ledger, found: ReadonlyMap<string, Json>): string[] {
  return [...ledger.deleted].filter((id) => found.has(id)).map((id) => `${id} is back`);
}

/** Tasks that no request created. */
function uninvited(ledger: Ledger, found: ReadonlyMap<string, Json>): string[] {
  const unknown = [...found.values()].filter(
    ({ id, description }) => !ledger.tasks.has(id) && !ledger.keys.has(String(description)),
  );
  const tooMany = unknown.length > ledger.doubtfulCreates;
  return tooMany ? [`${unknown.length} unknown tasks, ${ledger.doubtfulCreates} in doubt`] : [];
}
