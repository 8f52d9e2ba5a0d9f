import { type Client, type Json, NDJSON, patiently, type Reply, self } from "../../support/client.ts";

/** Where a task is, and what it says there. */
export interface Sighting {
  readonly id: string;
  readonly todo: string;
  readonly list: string;
}

const UNTIL = "2026-12-31";
/** In every task, so that the agenda shows it. */
export const DUE = { dueDate: "2026-01-02" } as const;

/** Every way to find tasks but their own addresses. @param word what is searched for */
export const WAYS: Readonly<
  Record<string, (client: Client, lists: readonly string[], word: string) => Promise<readonly Json[]>>
> = {
  pages: async (client, lists) =>
    (await Promise.all(lists.map((list) => allRows(client, `/tasks?checklist=${list}&size=7`)))).flat(),
  "filtered pages": async (client, lists) =>
    (
      await Promise.all(lists.map((list) => allRows(client, `/tasks?checklist=${list}&status=pending`)))
    ).flat(),
  streams: async (client, lists) =>
    (await Promise.all(lists.map((list) => streamed(client, `/tasks?checklist=${list}`)))).flat(),
  search: (client, _lists, word) => allRows(client, `/search?q=${word}&size=50`),
  agenda: (client) => allRows(client, `/agenda?until=${UNTIL}&size=50`),
};

/** By its address in each list: at most one of them leads to it. */
export async function addressed(
  client: Client,
  lists: readonly string[],
  id: string,
): Promise<readonly Reply[]> {
  const replies = await Promise.all(
    lists.map((list) => patiently(() => client.get(`/tasks/${id}?checklist=${list}`))),
  );
  return replies.filter(({ status }) => status === 200);
}

/** What is in the trash of these lists. */
export async function trashed(client: Client, lists: readonly string[]): Promise<readonly Json[]> {
  return (await Promise.all(lists.map((list) => allRows(client, `/trash?checklist=${list}&size=50`)))).flat();
}

export function sighting(row: Json): Sighting {
  const list = new URL(self(row)).searchParams.get("checklist") ?? "";
  return { id: row.id, todo: row.todo, list };
}

/** Of all pages; none if the list is not there. */
async function allRows(client: Client, where: string): Promise<readonly Json[]> {
  const rows: Json[] = [];
  for (let next: string | undefined = where; next !== undefined; ) {
    const at: string = next;
    const reply = await patiently(() => client.get(at));
    if (reply.status === 404) return rows;
    const page = reply.json();
    rows.push(...page._embedded.tasks);
    next = page._links.next?.href;
  }
  return rows;
}

async function streamed(client: Client, where: string): Promise<readonly Json[]> {
  const { status, text } = await patiently(() => client.get(where, { accept: NDJSON }));
  if (status === 404) return [];
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Json);
}
