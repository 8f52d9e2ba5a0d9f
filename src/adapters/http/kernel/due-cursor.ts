import type { DuePlace } from "../../../domain/agenda.ts";
import { isFullDate } from "../../../domain/dates.ts";
import { ID_CHARS_MAX, isPossibleId } from "../api/ids.ts";
import { refuseCursor } from "./query.ts";

/** The documented form of a cursor whose ids are ASCII. */
export const DUE_CURSOR_PATTERN = "^d[0-9]{4}-[0-9]{2}-[0-9]{2}(-([2-7][0-9a-f]){1,255}){2}$";
/** Of one whose ids are as long as they may be. */
export const DUE_CURSOR_CHARS_MAX = "d2026-12-24".length + 2 * ("-".length + 2 * ID_CHARS_MAX);
const FORM = /^d(\d{4}-\d{2}-\d{2})-([0-9a-f]+)-([0-9a-f]+)$/;

/** Where a page of the agenda ended: the date, and the ids of checklist and task in hexadecimal. Good on every store. */
export function encodeDueCursor({ dueDate, checklistId, id }: DuePlace): string {
  return `d${dueDate}-${hexOf(checklistId)}-${hexOf(id)}`;
}

/** @throws TodosError validation-failed */
export function decodeDueCursor(cursor: string): DuePlace {
  const [, dueDate = "", checklist = "", task = ""] = FORM.exec(cursor) ?? [];
  const [checklistId, id] = [textOf(checklist), textOf(task)];
  const place = { dueDate, checklistId, id };
  const valid = isFullDate(dueDate) && isPossibleId(checklistId) && isPossibleId(id);
  if (!valid || encodeDueCursor(place) !== cursor) refuseCursor(cursor);
  return place;
}

function hexOf(text: string): string {
  return Buffer.from(text).toString("hex");
}

function textOf(hex: string): string {
  return Buffer.from(hex, "hex").toString();
}
