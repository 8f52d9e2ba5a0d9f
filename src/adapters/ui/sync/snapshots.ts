import { ApiError } from "../api/api-error.ts";
import type { HttpApi } from "../api/http-api.ts";
import type { Link, Resource } from "../api/types.ts";
import type { Copy } from "../copy/copy.ts";
import type { Draft } from "../copy/draft.ts";
import type { TaskRecord } from "../copy/records.ts";
import { type Seen, selfOf, takeList, takeTask, taskIn } from "../copy/representations.ts";
import { same } from "../merge/merge.ts";
import { gone } from "../queue/answers.ts";

/** What reads single things. */
export interface Source {
  readonly api: Pick<HttpApi, "rows">;
  link(relation: string): Link | undefined;
  inbox(): string | undefined;
  readRights(list: string): Promise<void>;
  readRow(what: "task" | "list", key: string, self: string): Promise<boolean>;
  takeStranger(seen: Seen): Promise<void>;
}

/** Rows that one commit takes over: the page stays responsive between two. */
const ROWS_PER_COMMIT = 500;

/** Everything the caller has. */
export async function readAll(copy: Copy, reader: Source): Promise<void> {
  await readTasksOf(copy, reader, await readLists(copy, reader));
}

/** Lists that have come or gone; of those that have come, tasks too. */
export async function compareLists(copy: Copy, reader: Source): Promise<void> {
  const known = new Set(copy.model.lists.keys());
  const keys = await readLists(copy, reader);
  await readTasksOf(
    copy,
    reader,
    keys.filter((key) => !known.has(key)),
  );
}

/** @returns the keys of those that there are */
async function readLists(copy: Copy, reader: Source): Promise<readonly string[]> {
  const link = reader.link("checklists");
  if (!link) return [];
  const start = copy.model.generation;
  const bodies: Resource[] = [];
  for await (const body of reader.api.rows(link)) bodies.push(body);
  const inbox = reader.inbox();
  const keys = await copy.commit((draft) => takeLists(draft, bodies, inbox, start));
  for (const key of keys) {
    const row = copy.model.lists.get(key);
    if (row?.addTask === undefined || row.forms === undefined) await reader.readRights(key);
  }
  return keys;
}

function takeLists(
  draft: Draft,
  bodies: readonly Resource[],
  inbox: string | undefined,
  start: number,
): readonly string[] {
  const selves = new Set(bodies.map(selfOf));
  for (const row of [...draft.rows("lists")]) {
    if (row.self !== undefined && !selves.has(row.self) && row.seen <= start) gone(draft, "list", row.key);
  }
  return bodies.map((body) => {
    const key = draft.keyAt(selfOf(body));
    const row = key === undefined ? undefined : draft.list(key);
    const isKnown =
      row && !row.gone && row.server?.name === body.name && same(row.resource?._links, body._links);
    return isKnown ? row.key : takeList(draft, { body }, inbox).key;
  });
}

/** What one pass over some lists has found. */
interface Pass {
  /** Generation at its start: rows taken over later are newer than what it read, or not, and are read again. */
  readonly start: number;
  readonly selves: Set<string>;
  /** At an address that is not known, with an id that is: moved, or of the same name. */
  readonly strangers: Resource[];
  readonly again: Set<string>;
}

/** All tasks of some lists. @param lists their keys */
export async function readTasksOf(copy: Copy, reader: Source, lists: readonly string[]): Promise<void> {
  const pass: Pass = { start: copy.model.generation, selves: new Set(), strangers: [], again: new Set() };
  const read: string[] = [];
  for (const key of lists) if (await readTasks(copy, reader, key, pass)) read.push(key);
  await copy.commit((draft) => concluded(draft, read, pass));
  for (const body of pass.strangers) await reader.takeStranger({ body });
  for (const key of pass.again) {
    const self = copy.model.tasks.get(key)?.self;
    if (self !== undefined) await reader.readRow("task", key, self);
  }
}

/** @returns whether the list could be read to its end */
async function readTasks(copy: Copy, reader: Source, list: string, pass: Pass): Promise<boolean> {
  const link = copy.model.lists.get(list)?.tasks;
  if (link === undefined) return false;
  let bodies: Resource[] = [];
  const flush = () => {
    const chunk = bodies;
    bodies = [];
    return copy.commit((draft) => {
      for (const body of chunk) taken(draft, body, pass);
    });
  };
  try {
    for await (const body of reader.api.rows(link)) {
      bodies.push(body);
      if (bodies.length >= ROWS_PER_COMMIT) await flush();
    }
  } catch (error) {
    // Deleted, or not to be seen any more, since the lists were read: its own event says so.
    if (error instanceof ApiError && (error.status === 404 || error.status === 403)) return false;
    throw error;
  }
  await flush();
  return true;
}

function taken(draft: Draft, body: Resource, { start, selves, strangers, again }: Pass): void {
  const self = selfOf(body);
  selves.add(self);
  const key = draft.keyAt(self);
  const row = key === undefined ? undefined : draft.task(key);
  if (row) {
    if (row.seen > start) again.add(row.key);
    else if (row.gone || !same(row.server, taskIn(body))) takeTask(draft, { body });
  } else if (draft.task(draft.keyOf(String(body.id)))) strangers.push(body);
  else takeTask(draft, { body });
}

/** Rows that were not read are gone; those that turned up elsewhere have moved there. */
function concluded(draft: Draft, lists: readonly string[], { start, selves, strangers }: Pass): void {
  const isGone = (row: TaskRecord | undefined): row is TaskRecord =>
    row?.self !== undefined && !selves.has(row.self) && row.seen <= start && lists.includes(row.list);
  for (const body of strangers) {
    const known = draft.task(draft.keyOf(String(body.id)));
    if (isGone(known)) takeTask(draft, { body }, known.key);
  }
  for (const row of [...draft.rows("tasks")]) if (isGone(row)) gone(draft, "task", row.key);
}
