import { expect } from "bun:test";
import { type Client, type Json, self } from "./client.ts";

/** A rule that never ends, and a due date. */
export const DAILY = { dueDate: "2026-03-01", repeat: "FREQ=DAILY" } as const;

/** Completes tasks at once. @returns the statuses; 0 where the service is gone */
export function completeAll(client: Client, tasks: readonly Json[]): Promise<readonly number[]> {
  return Promise.all(
    tasks.map((task) =>
      client.ask("PATCH", pathOf(task), { body: { completed: true } }).then(
        ({ status }) => status,
        () => 0,
      ),
    ),
  );
}

/** Expects each completed task to have one next task. @returns how many there are */
export async function nextOnes(clients: readonly Client[], tasks: readonly Json[]): Promise<number> {
  const rows = await rowsOf(clients, tasks);
  const added = [...rows.values()].filter(({ id }) => !tasks.some((task) => task.id === id));
  const linked = tasks.flatMap(({ id }) => rows.get(id)?._links.next?.href ?? []);
  const idsOf = (hrefs: readonly string[]) => hrefs.map((href) => /tasks\/([^?]+)/.exec(href)?.[1]);
  expect(added.map(({ id }) => id).sort()).toEqual(idsOf(linked).sort() as string[]);
  const previous = added.map(({ _links }) => _links.previous?.href ?? "");
  expect(new Set(previous).size).toBe(added.length);
  expect(added.every(({ completed, repeat }) => !completed && repeat === DAILY.repeat)).toBe(true);
  return added.length;
}

/** Every instance must show the same. */
export async function rowsOf(
  clients: readonly Client[],
  tasks: readonly Json[],
): Promise<ReadonlyMap<string, Json>> {
  const lists = new Set(tasks.map(({ _links }) => new URL(_links.collection?.href ?? "")));
  const places = [...new Set([...lists].map(({ pathname, search }) => `${pathname}${search}`))];
  const seen = await Promise.all(
    clients.map(async (client) => {
      const pages = await Promise.all(places.map((place) => client.get(`${place}&size=200`)));
      return pages.flatMap((page) => page.json()._embedded.tasks);
    }),
  );
  for (const rows of seen) expect(rows.map(({ id }) => id)).toEqual((seen[0] ?? []).map(({ id }) => id));
  return new Map((seen[0] ?? []).map((row) => [row.id, row]));
}

/** The service has another port after each start. */
function pathOf(task: Json): string {
  const { pathname, search } = new URL(self(task));
  return `${pathname}${search}`;
}
