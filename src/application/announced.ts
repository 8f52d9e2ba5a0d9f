import { TodosError } from "../domain/errors.ts";
import type { TaskRef } from "../domain/task-ref.ts";
import type { ChangedTask, MemberWritten, OwnerWritten } from "./commands.ts";
import type { Announcement, Awaitable, Change, ChangeFeed, Created, Restored } from "./ports.ts";

type Outcome =
  | ChangedTask
  | MemberWritten
  | OwnerWritten
  | Restored<{ readonly version: number } | undefined>;

/** Changes a row, and announces it to the feed before and after, so that a crash in between loses no event. */
export function announcedWrite<W extends Outcome>(
  feed: ChangeFeed,
  change: Change,
  write: () => Promise<W>,
): Promise<W> {
  return announced(feed.announce(change), write, (written, announcement) => {
    if (written.outcome === "written") announcement.happened(written.row?.version);
    else announcement.dropped();
  });
}

/**
 * Changes a task, and announces it to the feed before and after. One that moves is gone from one address and new at the
 * other, so that a client which keeps copies by address needs no rule of its own.
 * @param to the checklist it is in afterwards
 */
export function announcedChange(
  feed: ChangeFeed,
  { checklistId, id: taskId }: TaskRef,
  to: string,
  write: () => Promise<ChangedTask>,
): Promise<ChangedTask> {
  if (to === checklistId) return announcedWrite(feed, { type: "task.updated", checklistId, taskId }, write);
  return announcedWrite(feed, { type: "task.created", checklistId: to, taskId }, () =>
    announced(
      feed.announce({ type: "task.deleted", checklistId, taskId }),
      write,
      ({ outcome }, announcement) => {
        if (outcome === "written") announcement.happened();
        else announcement.dropped();
      },
    ),
  );
}

/** Creates a row, and announces it to the feed before and after. @param version the new row's */
export function announcedCreation(
  feed: ChangeFeed,
  change: Change,
  version: number,
  insert: () => Promise<Created>,
): Promise<Created> {
  return announced(feed.announce(change), insert, (created, announcement) => {
    if (created.outcome === "created") announcement.happened(version);
    else announcement.dropped();
  });
}

/** Announces the task that is made where `write` completes one that repeats. */
export function announcedNext(
  feed: ChangeFeed,
  checklistId: string,
  id: string,
  write: () => Promise<ChangedTask>,
): Promise<ChangedTask> {
  return announced(
    feed.announce({ type: "task.created", checklistId, taskId: id }),
    write,
    (written, announcement) => {
      if (written.outcome === "written" && written.row.next?.id === id) announcement.happened(1);
      else announcement.dropped();
    },
  );
}

type Settle<R> = (result: R, announcement: Announcement) => void;

/** One promise only: each costs every write to an embedded store half a microsecond. */
function announced<R>(
  begun: Awaitable<Announcement>,
  write: () => Promise<R>,
  settle: Settle<R>,
): Promise<R> {
  return begun instanceof Promise
    ? begun.then((announcement) => told(announcement, write, settle))
    : told(begun, write, settle);
}

function told<R>(announcement: Announcement, write: () => Promise<R>, settle: Settle<R>): Promise<R> {
  return write().then(
    (result) => {
      settle(result, announcement);
      return result;
    },
    (error) => {
      if (error instanceof TodosError && !error.undecided) announcement.dropped();
      else announcement.undecided();
      throw error;
    },
  );
}
