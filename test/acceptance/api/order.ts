import { type Client, type Json, NDJSON, patiently } from "../../support/client.ts";

interface Placed {
  readonly id: string;
  readonly rank: string;
}

/** Ids in the manual order, as a client puts them: by rank, ties by id, both by code unit. */
export function inOrder(rows: readonly Placed[]): string[] {
  const compared = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return [...rows].sort((a, b) => compared(a.rank, b.rank) || compared(a.id, b.id)).map(({ id }) => id);
}

/** The list as a client shows it. */
export async function orderOf(client: Client, list: Json): Promise<string[]> {
  return inOrder(await placedIn(client, list));
}

/** Every task of a list. */
export async function placedIn(client: Client, list: Json): Promise<Placed[]> {
  const where = list._links.tasks?.href ?? "";
  const { text } = await patiently(() => client.get(where, { accept: NDJSON }));
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as Placed);
}
