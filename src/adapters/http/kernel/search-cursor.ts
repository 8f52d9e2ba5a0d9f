import type { SearchPlace } from "../../../application/search.ts";
import { ID_CHARS_MAX, isPossibleId } from "../api/ids.ts";
import { hexOf, textOf } from "./hex.ts";
import { ORDER_LETTERS, type Order, refuseCursor } from "./query.ts";

/** The documented form of a cursor whose ids are ASCII. */
export function searchCursorPattern(order: Order): string {
  return `^s${ORDER_LETTERS[order]}([2-7][0-9a-f]){0,255}((-([2-7][0-9a-f]){1,255}){2})?$`;
}
/** Of one whose ids are as long as they may be. */
export const SEARCH_CURSOR_CHARS_MAX = 2 + 3 * (2 * ID_CHARS_MAX) + 2;
const FORM = /^s[kt]([0-9a-f]*)(?:-([0-9a-f]+)-([0-9a-f]+))?$/;

/** Where a page of a search ended, in hexadecimal: a place among checklists, and the ids of checklist and task. */
export function encodeSearchCursor({ lists = "", within }: SearchPlace, order: Order): string {
  const inside = within === undefined ? "" : `-${hexOf(within.checklistId)}-${hexOf(within.id)}`;
  return `s${ORDER_LETTERS[order]}${hexOf(lists)}${inside}`;
}

/** @throws TodosError validation-failed */
export function decodeSearchCursor(cursor: string, order: Order): SearchPlace {
  const [, lists = "", checklist, task] = FORM.exec(cursor) ?? [];
  const place = {
    ...(lists === "" ? {} : { lists: textOf(lists) }),
    ...(checklist === undefined || task === undefined
      ? {}
      : { within: { checklistId: textOf(checklist), id: textOf(task) } }),
  };
  const ids = [place.lists, place.within?.checklistId, place.within?.id];
  const possible = ids.every((id) => id === undefined || isPossibleId(id));
  if (!possible || encodeSearchCursor(place, order) !== cursor) refuseCursor(cursor.slice(1));
  return place;
}
