import type { Caller, Role } from "../domain/access.ts";
import { compareDuePlaces, type DuePlace, duePlace } from "../domain/agenda.ts";
import type { Checklist } from "../domain/checklist.ts";
import type { Task } from "../domain/task.ts";
import type { Trashed } from "../domain/trash.ts";
import type { DueQuery, DueSlice } from "./agenda.ts";
import type { Awaitable, Slice } from "./ports.ts";
import type { Store } from "./store.ts";

/** What there is to see, for each caller. */
export interface VisibleDeps {
  readonly store: Store;
  /** Whether checklists are somebody's. */
  readonly hasAccounts?: boolean;
}

/** A checklist as a caller has it. */
export interface SeenChecklist extends Checklist {
  /** The caller's; absent without accounts. */
  readonly role?: Role;
}

/** The caller's role on a checklist, also on one in the trash. */
export function roleOf(
  store: Pick<Store, "roleOn">,
  caller: Caller,
  checklistId: string,
): Awaitable<Role | undefined> {
  return roleBy(caller, checklistId, (userId) => store.roleOn(checklistId, userId));
}

/** The same, or the one that it had on a checklist that is gone: who may be told of its end. */
export function lastRoleOf(
  store: Pick<Store, "lastRoleOn">,
  caller: Caller,
  checklistId: string,
): Awaitable<Role | undefined> {
  return roleBy(caller, checklistId, (userId) => store.lastRoleOn(checklistId, userId));
}

function roleBy(
  caller: Caller,
  checklistId: string,
  ofUser: (userId: string) => Awaitable<Role | undefined>,
): Awaitable<Role | undefined> {
  switch (caller.kind) {
    case "guest":
      return caller.checklistId === checklistId ? caller.role : undefined;
    case "user":
      if (caller.checklists?.includes(checklistId) === false) return undefined;
      return ofUser(caller.id);
    default:
      return undefined;
  }
}

/** In the store's order without accounts, else in order of id. */
export function checklistsOf(
  deps: VisibleDeps,
  caller: Caller,
  after: string | undefined,
  limit: number,
): Awaitable<Slice<SeenChecklist>> {
  const { store } = deps;
  const reach = reachOf(caller);
  if (reach.of === "everyone") return store.listChecklists(after, limit);
  if (reach.of === "user") return store.listChecklistsOf(reach.userId, after, limit);
  return among(reach.ids, after, limit, async (id) => {
    const role = await roleOf(store, caller, id);
    if (role === undefined) return undefined;
    const row = await store.findChecklist(id);
    return row && { ...row, role };
  });
}

export function trashedChecklistsOf(
  deps: VisibleDeps,
  caller: Caller,
  after: string | undefined,
  limit: number,
): Awaitable<Slice<Trashed<Checklist>>> {
  const { store } = deps;
  const reach = reachOf(caller);
  if (reach.of === "everyone") return store.listTrashedChecklists(after, limit);
  if (reach.of === "user") return store.listTrashedChecklists(after, limit, reach.userId);
  return among(reach.ids, after, limit, (id) => seen(deps, caller, id, () => store.findTrashedChecklist(id)));
}

/** @returns undefined if the checklist that the query names does not exist */
export function dueOf(
  deps: VisibleDeps,
  caller: Caller,
  query: DueQuery,
  limit: number,
): Awaitable<DueSlice | undefined> {
  const reach = reachOf(caller);
  if (query.checklistId !== undefined || reach.of === "everyone") return deps.store.listDue(query, limit);
  if (reach.of === "user") return deps.store.listDue({ ...query, userId: reach.userId }, limit);
  return mergedDue(deps, caller, reach.ids, query, limit);
}

/**
 * Which checklists a caller may have. A guest's, and those of a token for some of them, are known and few; they are looked
 * up one by one.
 */
type Reach =
  | { readonly of: "everyone" }
  | { readonly of: "user"; readonly userId: string }
  | { readonly of: "some"; readonly ids: readonly string[] };

function reachOf(caller: Caller): Reach {
  switch (caller.kind) {
    case "anyone":
      return { of: "everyone" };
    case "nobody":
      return { of: "some", ids: [] };
    case "guest":
      return { of: "some", ids: [caller.checklistId] };
    case "user":
      if (caller.checklists === undefined) return { of: "user", userId: caller.id };
      return { of: "some", ids: [...caller.checklists].sort() };
  }
}

async function seen<T>(
  deps: VisibleDeps,
  caller: Caller,
  id: string,
  find: () => Awaitable<T | undefined>,
): Promise<T | undefined> {
  return (await roleOf(deps.store, caller, id)) === undefined ? undefined : find();
}

/** @param ids in order */
async function among<T>(
  ids: readonly string[],
  after: string | undefined,
  limit: number,
  find: (id: string) => Promise<T | undefined>,
): Promise<Slice<T>> {
  const left = after === undefined ? ids : ids.filter((id) => id > after);
  const looked = left.slice(0, limit);
  const items = (await Promise.all(looked.map(find))).filter((row) => row !== undefined);
  const last = looked.at(-1);
  return left.length > looked.length && last !== undefined ? { items, next: last } : { items };
}

/** What is due of several checklists, each read as far as it must be. */
async function mergedDue(
  deps: VisibleDeps,
  caller: Caller,
  ids: readonly string[],
  query: DueQuery,
  limit: number,
): Promise<DueSlice> {
  const slices = await Promise.all(
    ids.map((checklistId) =>
      seen(deps, caller, checklistId, () => deps.store.listDue({ ...query, checklistId }, limit)),
    ),
  );
  // Past the first place where a list may go on, others may have tasks that come later.
  const ends = slices.flatMap((slice) => slice?.next ?? []).sort(compareDuePlaces);
  const [end] = ends;
  const placed = slices.flatMap((slice) => slice?.items.flatMap(withPlace) ?? []);
  const certain = placed
    .filter(({ place }) => end === undefined || compareDuePlaces(place, end) <= 0)
    .sort((a, b) => compareDuePlaces(a.place, b.place));
  const shown = certain.slice(0, limit);
  const items = shown.map(({ task }) => task);
  if (certain.length > shown.length) return { items, next: (shown.at(-1) as Placed).place };
  return end === undefined ? { items } : { items, next: end };
}

interface Placed {
  readonly place: DuePlace;
  readonly task: Task;
}

function withPlace(task: Task): Placed[] {
  const place = duePlace(task);
  return place ? [{ place, task }] : [];
}
