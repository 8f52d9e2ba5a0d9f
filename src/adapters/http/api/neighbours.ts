import type { Awaitable, Slice } from "../../../application/ports.ts";
import type { Task } from "../../../domain/task.ts";
import type { Trashed } from "../../../domain/trash.ts";
import type { Exchange } from "../kernel/exchange.ts";

const NEIGHBOURS = ["previous", "next"] as const;

/** The task without those neighbours in its series that went to lists which the caller doesn't see. */
export function knownTask(x: Exchange, task: Task): Awaitable<Task> {
  return isKnown(x, task) ? task : reduced(task, (id) => x.knows(id));
}

/** The same for rows of a collection. */
export function knownTasks<S extends Slice<Task> | undefined>(x: Exchange, slice: S): Awaitable<S> {
  if (slice === undefined || slice.items.every((task) => isKnown(x, task))) return slice;
  const known = Promise.all(slice.items.map((task) => knownTask(x, task)));
  return known.then((items) => ({ ...slice, items }));
}

/** The same for rows of the trash. */
export async function knownTrash(
  x: Exchange,
  slice: Slice<Trashed<Task>> | undefined,
): Promise<Slice<Trashed<Task>> | undefined> {
  if (slice === undefined || slice.items.every(({ row }) => isKnown(x, row))) return slice;
  const items = await Promise.all(
    slice.items.map(async (entry) => ({ ...entry, row: await knownTask(x, entry.row) })),
  );
  return { ...slice, items };
}

/** The task with neighbours in its own list alone: for an answer that can't wait for what the caller sees. */
export function nearTask(x: Exchange, task: Task): Task {
  if (isKnown(x, task)) return task;
  const left = NEIGHBOURS.filter((name) => isElsewhere(task, name));
  return without(task, left);
}

/** What tells the links of two callers apart, in characters that an ETag may have. */
export function variantOf(task: Task, known: Task): string {
  if (known === task) return "";
  const left = NEIGHBOURS.filter((name) => task[name] !== undefined && known[name] === undefined);
  return left.map((name) => `-no-${name}`).join("");
}

async function reduced(task: Task, knows: (checklistId: string) => Awaitable<boolean>): Promise<Task> {
  const left: Neighbour[] = [];
  for (const name of NEIGHBOURS) {
    const ref = task[name];
    if (ref && isElsewhere(task, name) && !(await knows(ref.checklistId))) left.push(name);
  }
  return without(task, left);
}

type Neighbour = (typeof NEIGHBOURS)[number];

/** Nearly all: without accounts nothing is hidden, and a series rarely leaves its list. */
function isKnown(x: Exchange, task: Task): boolean {
  return !x.services.callers || !(isElsewhere(task, "previous") || isElsewhere(task, "next"));
}

function isElsewhere(task: Task, name: Neighbour): boolean {
  const ref = task[name];
  return ref !== undefined && ref.checklistId !== task.checklistId;
}

function without(task: Task, left: readonly Neighbour[]): Task {
  const kept = { ...task };
  for (const name of left) delete kept[name];
  return kept;
}
