import type { Model } from "../copy/model.ts";
import type { Entry, HistoryRecord, RecentRecord } from "../copy/records.ts";
import { isGone } from "../queue/shown.ts";
import type { Status } from "../sync/engine.ts";
import type {
  AwayReason,
  Clash,
  QueueEntry,
  RecentAct,
  SentChange,
  SyncState,
  UnsentReason,
} from "./types.ts";

/** What is not sent yet, as the person is told. */
export function queueIn(model: Model, sending: string | undefined): readonly QueueEntry[] {
  return [...model.queue.values()].map((entry) => {
    const { id, madeAt, kind, name, key, changes, attempts, problem, state } = entry;
    return {
      id,
      madeAt: new Date(madeAt),
      kind,
      name,
      key,
      changes,
      attempts,
      state: id === sending && state === "waiting" ? "sending" : state,
      ...(problem ? { problem } : {}),
    };
  });
}

const OPENING: SyncState = { kind: "opening" };
const SAVED: SyncState = { kind: "saved" };

/**
 * In one word, how things are: what a person has to do comes before what will pass. Asked with every commit, also while
 * thousands of changes are being sent.
 * @param wasInStep with the service, at any time
 */
export function syncStateOf(
  queue: ReadonlyMap<string, Entry>,
  { connection, detail }: Status,
  wasInStep: boolean,
): SyncState {
  const count = queue.size;
  if (count === 0 && isAway(connection)) return { kind: "saved", away: connection };
  if (count === 0) return connection === "online" || wasInStep ? SAVED : OPENING;
  const stuck = firstOf(queue, ({ state }) => state === "stuck" || state === "doubtful");
  const reason = reasonOf(queue, connection, stuck !== undefined);
  if (!reason) return { kind: "saving", count };
  let oldest = Infinity;
  for (const { madeAt } of queue.values()) oldest = Math.min(oldest, madeAt);
  const why = reason === "stuck" ? (stuck?.problem?.detail ?? stuck?.problem?.title) : detail;
  return {
    kind: "unsent",
    count,
    since: new Date(oldest),
    reason,
    ...(why === undefined ? {} : { detail: why }),
  };
}

function reasonOf(
  queue: ReadonlyMap<string, Entry>,
  connection: Status["connection"],
  isStuck: boolean,
): UnsentReason | undefined {
  if (isAway(connection)) return connection;
  if (isStuck) return "stuck";
  return firstOf(queue, ({ state }) => state === "clash") ? "clash" : undefined;
}

function isAway(connection: Status["connection"]): connection is AwayReason {
  return connection === "signed-out" || connection === "offline" || connection === "server";
}

function firstOf(queue: ReadonlyMap<string, Entry>, isWanted: (entry: Entry) => boolean): Entry | undefined {
  for (const entry of queue.values()) if (isWanted(entry)) return entry;
  return undefined;
}

export function clashesIn(model: Model): readonly Clash[] {
  return [...model.queue.values()].flatMap((entry) =>
    entry.clash && entry.state === "clash" ? [clashOf(entry, entry.clash)] : [],
  );
}

function clashOf(entry: Entry, { kind, theirs, theirsAt }: NonNullable<Entry["clash"]>): Clash {
  const { id, key, what, name, madeAt, base, changes } = entry;
  const members = Object.keys(kind === "deleting" ? theirs : changes);
  return {
    id,
    key,
    what,
    name,
    kind,
    madeAt: new Date(madeAt),
    ...(theirsAt === undefined ? {} : { theirsAt: new Date(theirsAt) }),
    members: members.map((member) => ({
      member,
      base: base[member],
      ...(kind === "deleting" ? {} : { mine: changes[member] }),
      ...(kind === "deleted" ? {} : { theirs: theirs[member] }),
    })),
  };
}

/** The newest first. What took something back is not told of again. */
export function recentIn(model: Model): readonly RecentAct[] {
  return [...model.recent.values()]
    .filter(({ isUndo }) => !isUndo)
    .sort((a, b) => b.at - a.at)
    .map((record) => ({
      id: record.id,
      at: new Date(record.at),
      kind: record.kind,
      count: record.count,
      name: record.name,
      undo: record.undone ? "undone" : canBeUndone(model, record) ? "can" : "no",
      ...(record.list === undefined ? {} : { list: record.list }),
    }));
}

function canBeUndone(model: Model, { steps }: RecentRecord): boolean {
  return steps.some(({ what, key, did }) => {
    const row = what === "task" ? model.tasks.get(key) : model.lists.get(key);
    return row !== undefined && isGone(row, model.entriesOf(key)) === (did === "delete");
  });
}

export function sentIn(history: readonly HistoryRecord[]): readonly SentChange[] {
  return [...history]
    .sort((a, b) => b.sentAt - a.sentAt)
    .map((record) => ({ ...record, madeAt: new Date(record.madeAt), sentAt: new Date(record.sentAt) }));
}
