import { ApiError } from "../api/api-error.ts";
import type { HttpApi } from "../api/http-api.ts";
import type { Link, Resource } from "../api/types.ts";
import type { Copy } from "../copy/copy.ts";
import type { Draft } from "../copy/draft.ts";
import type { Read, Reads } from "../copy/reads.ts";
import type { TaskRecord } from "../copy/records.ts";
import { selfOf, taskIn } from "../copy/representations.ts";
import { same } from "../merge/merge.ts";
import { gone, takenList, takenTask } from "../queue/answers.ts";

/** What reads single things. */
export interface Source {
  readonly api: Pick<HttpApi, "rows">;
  link(relation: string): Link | undefined;
  inbox(): string | undefined;
  readRights(list: string): Promise<void>;
  during<T>(work: (read: Read) => Promise<T>): Promise<T>;
}

/** Addresses that have to be read one by one: while streams told of them, others did, too. */
type Unclear = ReadonlySet<string>;

/** Rows that one commit takes over: the page stays responsive between two. */
const ROWS_PER_COMMIT = 500;

/** Everything the caller has. */
export async function readAll(copy: Copy, reader: Source): Promise<Unclear> {
  const { keys, unclear } = await readLists(copy, reader);
  return new Set([...unclear, ...(await readTasksOf(copy, reader, keys))]);
}

/** Lists that have come or gone; of those that have come, tasks too. */
export async function compareLists(copy: Copy, reader: Source): Promise<Unclear> {
  const { keys, unclear } = await readLists(copy, reader);
  const unread = keys.filter((key) => !copy.model.lists.get(key)?.isWhole);
  return new Set([...unclear, ...(await readTasksOf(copy, reader, unread))]);
}

interface Lists {
  /** Of those that there are. */
  readonly keys: readonly string[];
  readonly unclear: Unclear;
}

async function readLists(copy: Copy, reader: Source): Promise<Lists> {
  const link = reader.link("checklists");
  if (!link) return { keys: [], unclear: new Set() };
  const { keys, unclear } = await reader.during(async (read) => {
    const bodies: Resource[] = [];
    for await (const body of reader.api.rows(link)) bodies.push(body);
    const inbox = reader.inbox();
    return copy.commit((draft) => takeLists(draft, bodies, inbox, (self) => isLate(copy, read, self)));
  });
  for (const key of keys) {
    const row = copy.model.lists.get(key);
    if (row?.addTask === undefined || row.forms === undefined) await reader.readRights(key);
  }
  return { keys, unclear };
}

function isLate({ model }: Copy, read: Read, self: string): boolean {
  return model.reads.isLate(read, self);
}

function takeLists(
  draft: Draft,
  bodies: readonly Resource[],
  inbox: string | undefined,
  isUnclear: (self: string) => boolean,
): Lists {
  const selves = new Set(bodies.map(selfOf));
  for (const { self, key } of [...draft.rows("lists")]) {
    if (self !== undefined && !selves.has(self) && !isUnclear(self)) gone(draft, "list", key);
  }
  const unclear = new Set([...selves].filter(isUnclear));
  for (const body of bodies) if (!unclear.has(selfOf(body))) takeListed(draft, body, inbox);
  return { keys: [...selves].flatMap((self) => draft.keyAt(self) ?? []), unclear };
}

function takeListed(draft: Draft, body: Resource, inbox: string | undefined): void {
  const key = draft.keyAt(selfOf(body));
  const row = key === undefined ? undefined : draft.list(key);
  const isKnown =
    row && !row.gone && row.server?.name === body.name && same(row.resource?._links, body._links);
  if (!isKnown) takenList(draft, { body }, inbox);
}

/** What one pass over some lists has found. */
interface Pass {
  readonly read: Read;
  readonly selves: Set<string>;
  /** By their addresses, which are not known, while their ids are: moved, or of the same name. */
  readonly strangers: Map<string, Resource>;
  readonly unclear: Set<string>;
}

/** All tasks of some lists. @param lists their keys */
export function readTasksOf(copy: Copy, reader: Source, lists: readonly string[]): Promise<Unclear> {
  return reader.during(async (read) => {
    const pass: Pass = { read, selves: new Set(), strangers: new Map(), unclear: new Set() };
    const whole = new Set<string>();
    for (const key of lists) if (await readTasks(copy, reader, key, pass)) whole.add(key);
    await copy.commit((draft) => concluded(draft, copy.model.reads, whole, pass));
    return pass.unclear;
  });
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
      for (const body of chunk) takeStreamed(draft, copy.model.reads, body, pass);
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

function takeStreamed(draft: Draft, reads: Reads, body: Resource, pass: Pass): void {
  const self = selfOf(body);
  pass.selves.add(self);
  const key = draft.keyAt(self);
  const row = key === undefined ? undefined : draft.task(key);
  if (reads.isLate(pass.read, self)) pass.unclear.add(self);
  else if (row) {
    if (row.gone || !same(row.server, taskIn(body))) takenTask(draft, { body });
    reads.tell(self, pass.read);
  } else if (draft.task(draft.keyOf(String(body.id)))) pass.strangers.set(self, body);
  else takenTask(draft, { body });
}

/** Rows that were not read are gone; those that turned up elsewhere have moved there. */
function concluded(draft: Draft, reads: Reads, lists: ReadonlySet<string>, pass: Pass): void {
  const { read, selves, strangers, unclear } = pass;
  const isGone = (row: TaskRecord | undefined): row is TaskRecord =>
    row?.self !== undefined && lists.has(row.list) && !selves.has(row.self) && !reads.isLate(read, row.self);
  for (const [self, body] of strangers) {
    const known = draft.task(draft.keyOf(String(body.id)));
    if (isGone(known) && !reads.isLate(read, self)) takenTask(draft, { body }, known.key);
    else unclear.add(self);
  }
  for (const row of [...draft.rows("tasks")]) if (isGone(row)) gone(draft, "task", row.key);
  for (const key of lists) {
    const list = draft.list(key);
    const isKnown = list?.self !== undefined && !list.gone && !reads.isLate(read, list.self);
    if (isKnown && !list.isWhole) draft.putList({ ...list, isWhole: true });
  }
}
