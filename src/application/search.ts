import type { Task } from "../domain/task.ts";
import { type Awaitable, FILTERED_ROWS_READ_MAX, type Slice } from "./ports.ts";

/** Most checklists that one page looks into: on a cluster each is a read, whatever is in it. */
export const SEARCHED_CHECKLISTS_MAX = 100;

/** What is wanted of one checklist. */
export interface SearchPart {
  readonly checklistId: string;
  /** Of the domain's `parsedQuery`. */
  readonly words: readonly string[];
  /** Id of a task; absent: from the first. */
  readonly after?: string;
  /** Most rows to examine, at least 1. */
  readonly rowsMax: number;
}

export interface Found extends Slice<Task> {
  /** Rows. */
  readonly examined: number;
}

/** Where a search continues. */
export interface SearchPlace {
  /** A place in the order of checklists, after which the search continues; absent: from the first. */
  readonly lists?: string;
  /** The checklist that it was in, and its last task that was looked at. */
  readonly within?: TaskPlace;
}

interface TaskPlace {
  readonly checklistId: string;
  readonly id: string;
}

/** What a search needs of a store. */
interface Searchable {
  listChecklists(after: string | undefined, limit: number): Awaitable<Slice<{ readonly id: string }>>;
  searchTasks(part: SearchPart, limit: number): Awaitable<Found | undefined>;
}

/** Part of what a search finds. Only the absence of `next` ends it. */
export interface SearchSlice {
  readonly items: readonly Task[];
  readonly next?: SearchPlace;
}

/** Matching tasks of all checklists, list by list. It examines a limited number of rows and of lists. */
export async function searched(
  store: Searchable,
  words: readonly string[],
  { lists, within }: SearchPlace,
  limit: number,
): Promise<SearchSlice> {
  const slice = await store.listChecklists(lists, SEARCHED_CHECKLISTS_MAX);
  const ids = slice.items.map(({ id }) => id);
  const items: Task[] = [];
  let rowsMax = FILTERED_ROWS_READ_MAX;
  // A list that is gone since is not found; those before it in the slice have been created since.
  const start = Math.max(0, within === undefined ? 0 : ids.indexOf(within.checklistId));
  for (const [index, checklistId] of ids.entries()) {
    if (index < start) continue;
    if (items.length === limit || rowsMax <= 0)
      return { items, next: await placeAfter(store, lists, ids, index) };
    const after = checklistId === within?.checklistId ? { after: within.id } : {};
    const found = await store.searchTasks({ checklistId, words, rowsMax, ...after }, limit - items.length);
    if (!found) continue;
    items.push(...found.items);
    rowsMax -= found.examined;
    if (found.next === undefined) continue;
    const place = await placeAfter(store, lists, ids, index);
    return { items, next: { ...place, within: { checklistId, id: found.next } } };
  }
  return { items, ...(slice.next === undefined ? {} : { next: { lists: slice.next } }) };
}

/**
 * The place after the first `count` of `ids`, so that what has been searched is not searched again even if the list that
 * follows is deleted meanwhile. Where it can't be told any more, it is where `ids` began.
 */
async function placeAfter(
  store: Searchable,
  lists: string | undefined,
  ids: readonly string[],
  count: number,
): Promise<SearchPlace> {
  const start = lists === undefined ? {} : { lists };
  if (count === 0) return start;
  const { items, next } = await store.listChecklists(lists, count);
  return items.at(-1)?.id === ids[count - 1] && next !== undefined ? { lists: next } : start;
}
