import type { DuePlace } from "../../../domain/agenda.ts";
import { ID_CHARS_MAX, isPossibleId } from "../api/ids.ts";
import { hexOf, textOf } from "./hex.ts";
import { refuseCursor } from "./query.ts";

/** A place between dates need not be a date: 31 February is after every day of February. */
const DATE = "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])";
/** The documented form of a cursor whose ids are ASCII; every text of this form is a cursor. */
export const DUE_CURSOR_PATTERN = `^d${DATE}(-([2-7][0-9a-f]){1,255}){2}$`;
/** Of one whose ids are as long as they may be. */
export const DUE_CURSOR_CHARS_MAX = "d2026-12-24".length + 2 * ("-".length + 2 * ID_CHARS_MAX);
const FORM = new RegExp(`^d(${DATE})-([0-9a-f]+)-([0-9a-f]+)$`);

/** Where a page of the agenda ended: the date, and the ids of checklist and task in hexadecimal. Good on every store. */
export function encodeDueCursor({ dueDate, checklistId, id }: DuePlace): string {
  return `d${dueDate}-${hexOf(checklistId)}-${hexOf(id)}`;
}

/** @throws TodosError validation-failed */
export function decodeDueCursor(cursor: string): DuePlace {
  const [, dueDate = "", checklist = "", task = ""] = FORM.exec(cursor) ?? [];
  const [checklistId, id] = [textOf(checklist), textOf(task)];
  const place = { dueDate, checklistId, id };
  const valid = isPossibleId(checklistId) && isPossibleId(id);
  if (!valid || encodeDueCursor(place) !== cursor) refuseCursor(cursor);
  return place;
}
