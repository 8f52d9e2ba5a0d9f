import { expect } from "bun:test";
import { ANYONE, type Caller } from "../../src/application/caller.ts";
import { changeTask, createChecklist, createTask } from "../../src/application/commands.ts";
import {
  FILTERED_ROWS_READ_MAX,
  type Grant,
  IDEMPOTENCY_KEPT_MS,
  type IdempotencyRequest,
  type Receipt,
  type Slice,
} from "../../src/application/ports.ts";
import type { Store } from "../../src/application/store.ts";
import { type Checklist, newChecklist } from "../../src/domain/checklist.ts";
import type { Task, TaskFilter } from "../../src/domain/task.ts";
import { UNGUARDED } from "../../src/domain/version.ts";

/** Enough to share commits, and few enough for a store that writes them one after another. */
const CREATED_AT_ONCE = 50;

export const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

export function newId(): string {
  return Bun.randomUUIDv7();
}

/** A user whose id says it all. */
export function asUser(id: string): Caller {
  return { kind: "user", id, login: id, name: id, role: "user", inboxId: id, way: "session" };
}

export function someTask(members: Partial<Task> & { readonly checklistId: string }): Task {
  return {
    id: newId(),
    todo: "Buy milk",
    status: "pending",
    priority: "medium",
    createdAt: NOW,
    updatedAt: NOW,
    version: 1,
    ...members,
  };
}

export function someRequest(): IdempotencyRequest {
  return { scope: "POST /tasks", key: newId(), fingerprint: "a body" };
}

/** @param grant of the claim, where the test makes one */
export function receiptFor(
  { scope, key, fingerprint }: IdempotencyRequest,
  { owner, made = false }: Pick<Grant, "owner" | "made"> = { owner: "nobody" },
): Receipt {
  const answer = {
    status: 201,
    headers: { location: "/tasks/1", "content-type": "application/hal+json" },
    body: '{"todo":"Käse"}',
  };
  // Far from now, whatever the store's clock says.
  const expiresAt = NOW + 100_000 * IDEMPOTENCY_KEPT_MS;
  return { scope, key, fingerprint, answer, expiresAt, owner, made };
}

export async function granted(
  store: Store,
  request: IdempotencyRequest,
  id: string,
  now: number,
): Promise<Grant> {
  const claim = await store.claimKey(request, id, now);
  if (claim.outcome !== "granted") throw new Error(`the key is not granted: ${claim.outcome}`);
  return claim;
}

export async function storedChecklist(store: Store): Promise<Checklist> {
  const row = newChecklist(newId(), "Groceries", NOW);
  await store.write(createChecklist(ANYONE, row));
  return row;
}

export async function storedTask(
  store: Store,
  members: Partial<Task> & { readonly checklistId: string },
): Promise<Task> {
  const row = someTask(members);
  expect(await store.write(createTask(ANYONE, row))).toEqual({ outcome: "created" });
  return row;
}

/** Created a few at a time: a store may limit waiting writes. */
export async function storedTasks(store: Store, checklistId: string, count: number): Promise<Task[]> {
  const rows = Array.from({ length: count }, () => someTask({ checklistId }));
  for (let start = 0; start < count; start += CREATED_AT_ONCE) {
    const created = await Promise.all(
      rows.slice(start, start + CREATED_AT_ONCE).map((row) => store.write(createTask(ANYONE, row))),
    );
    expect(created.every(({ outcome }) => outcome === "created")).toBe(true);
  }
  return rows;
}

/** More tasks than a page examines; those before the last are alike. */
export interface LongList {
  readonly checklistId: string;
  /** In order. */
  readonly ids: readonly string[];
  /** Its priority is high, its label rare, its text Écrire. */
  readonly last: string;
}

const LONG_LIST_ROWS = FILTERED_ROWS_READ_MAX + 150;
const longLists = new WeakMap<Store, Promise<LongList>>();

/** One for all tests that only read it: some stores take long to create so many tasks. */
export function longList(store: Store): Promise<LongList> {
  const found = longLists.get(store) ?? newLongList(store);
  longLists.set(store, found);
  return found;
}

async function newLongList(store: Store): Promise<LongList> {
  const checklistId = (await storedChecklist(store)).id;
  const ids = (await storedTasks(store, checklistId, LONG_LIST_ROWS)).map(({ id }) => id).sort();
  const last = ids.at(-1) as string;
  const change = { todo: "Écrire", labels: ["rare"], priority: "high" } as const;
  await store.write(changeTask(ANYONE, checklistId, last, { change, pinned: false }, UNGUARDED, NOW));
  return { checklistId, ids, last };
}

export async function taskSlice(
  store: Store,
  checklistId: string,
  filter: TaskFilter,
  after: string | undefined,
  limit: number,
): Promise<Slice<Task>> {
  const slice = await store.listTasks(checklistId, filter, after, limit);
  if (!slice) throw new Error("the checklist is gone");
  return slice;
}
