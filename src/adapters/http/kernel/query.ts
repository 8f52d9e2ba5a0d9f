import { PAGE_ROWS_MAX } from "../../../application/ports.ts";
import type { Store } from "../../../application/store.ts";
import { isFullDate } from "../../../domain/dates.ts";
import { refuse, TodosError, type Violation } from "../../../domain/errors.ts";
import { parsedQuery } from "../../../domain/folding.ts";
import { parsedLabels } from "../../../domain/labels.ts";
import { TASK_PRIORITIES, TASK_STATUSES, type TaskFilter } from "../../../domain/task.ts";
import { isPossibleId } from "../api/ids.ts";
import { pointerTo } from "../api/pointers.ts";
import { hexOf, textOf } from "./hex.ts";

export const PAGE_ROWS_DEFAULT = 50;

/** A request's query: every parameter is known to the route and given at most once. */
export type Query = ReadonlyMap<string, string>;

export const NO_QUERY: Query = new Map();

/**
 * @param search what follows the question mark, percent-encoded
 * @throws TodosError validation-failed for a parameter that is repeated or not in `known`
 */
export function parseQuery(search: string, known: readonly string[]): Query {
  if (search === "") return NO_QUERY;
  const query = new Map<string, string>();
  const violations: Violation[] = [];
  for (const [name, value] of new URLSearchParams(search)) {
    const pointer = `/query${pointerTo(name)}`;
    if (!known.includes(name)) {
      const list = known.length === 0 ? "none" : known.join(", ");
      violations.push({
        pointer,
        detail: `is not a query parameter of this resource; known parameters: ${list}`,
      });
    } else if (query.has(name)) violations.push({ pointer, detail: "must be given at most once" });
    query.set(name, value);
  }
  if (violations.length > 0) refuse(violations);
  return query;
}

export interface Paging {
  readonly size: number;
  readonly after: string | undefined;
}

/** @throws TodosError validation-failed */
export function paging(query: Query, cursors: Cursors = "id"): Paging {
  return { size: pageSize(query), after: position(query, cursors) };
}

function pageSize(query: Query): number {
  const size = query.get("size");
  if (size !== undefined && !(/^\d{1,9}$/.test(size) && Number(size) >= 1 && Number(size) <= PAGE_ROWS_MAX)) {
    refuse([{ pointer: "/query/size", detail: `must be a whole number from 1 to ${PAGE_ROWS_MAX}` }]);
  }
  return size === undefined ? PAGE_ROWS_DEFAULT : Number(size);
}

/** @throws TodosError validation-failed if there is a `size`: a stream has no pages */
export function streamPosition(query: Query, cursors: Cursors = "id"): string | undefined {
  if (query.has("size")) {
    refuse([
      { pointer: "/query/size", detail: "does not apply to a stream, which returns all rows; leave it out" },
    ]);
  }
  return position(query, cursors);
}

function position(query: Query, cursors: Cursors): string | undefined {
  const given = query.get("after");
  return given === undefined || cursors === "own" ? given : decodeCursor(given, cursors);
}

/** The order of a listing. A cursor names it: in another order it would skip rows. */
export type Order = Store["checklistOrder"];
/** What cursors are made of: keys of an order. Own ones are made and read by the resource, and keys themselves. */
export type Cursors = Order | "own";
export const ORDER_LETTERS: Readonly<Record<Order, string>> = { id: "k", token: "t" };

/** The documented form of a cursor whose id is ASCII. */
export function cursorPattern(order: Order = "id"): string {
  return `^${ORDER_LETTERS[order]}([2-7][0-9a-f]){1,255}$`;
}

/**
 * Opaque to clients: where the previous page ended, in hexadecimal so that a pattern can describe valid cursors exactly;
 * the first letter names the order and leaves room for other encodings.
 */
export function encodeCursor(key: string, cursors: Cursors = "id"): string {
  return cursors === "own" ? key : `${ORDER_LETTERS[cursors]}${hexOf(key)}`;
}

/** @throws TodosError validation-failed */
function decodeCursor(cursor: string, order: Order): string {
  const key = textOf(cursor.slice(1));
  if (isPossibleId(key) && encodeCursor(key, order) === cursor) return key;
  return refuseCursor(cursor);
}

/** @throws TodosError validation-failed, always */
export function refuseCursor(cursor: string): never {
  const ofAnother = Object.values(ORDER_LETTERS).includes(cursor.slice(0, 1));
  const detail = ofAnother
    ? "is a cursor for the order of another kind of store; start again at the `first` link"
    : "is not a cursor of this service; follow the `next` link unchanged";
  return refuse([{ pointer: "/query/after", detail }]);
}

/** @throws TodosError validation-failed */
export function taskFilter(query: Query): TaskFilter {
  const status = choice(query, "status", TASK_STATUSES);
  const completed = choice(query, "completed", ["true", "false"] as const);
  const priority = choice(query, "priority", TASK_PRIORITIES);
  return {
    ...(status === undefined ? {} : { status }),
    ...(completed === undefined ? {} : { completed: completed === "true" }),
    ...(priority === undefined ? {} : { priority }),
    ...member("dueBefore", date(query, "dueBefore")),
    ...member("dueAfter", date(query, "dueAfter")),
    ...member("labels", parsed(query, "labels", parsedLabels)),
    ...member("words", searchWords(query)),
  };
}

/** @throws TodosError validation-failed */
export function searchWords(query: Query): readonly string[] | undefined {
  return parsed(query, "q", parsedQuery);
}

function member<K extends string, V>(name: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [name]: value }) as { [P in K]?: V };
}

function date(query: Query, name: string): string | undefined {
  const given = query.get(name);
  if (given === undefined || isFullDate(given)) return given;
  return refuse([{ pointer: `/query/${name}`, detail: "must be a valid date in the form 2026-02-28" }]);
}

function parsed(
  query: Query,
  name: string,
  parse: (text: string) => readonly string[] | Violation,
): readonly string[] | undefined {
  const given = query.get(name);
  if (given === undefined) return undefined;
  const found = parse(given);
  return "detail" in found ? refuse([found]) : found;
}

function choice<T extends string>(query: Query, name: string, values: readonly T[]): T | undefined {
  const given = query.get(name);
  if (given === undefined) return undefined;
  const found = values.find((value) => value === given);
  if (found === undefined)
    refuse([{ pointer: `/query/${name}`, detail: `must be one of: ${values.join(", ")}` }]);
  return found;
}

/** The id as given. @throws TodosError not-found */
export function possibleId(id: string, what: string): string {
  if (!isPossibleId(id)) throw new TodosError("not-found", `No such ${what}.`);
  return id;
}
