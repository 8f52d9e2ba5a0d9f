import { boundedly } from "../../application/copy/work.ts";
import { type Clock, type Log, PAGE_ROWS_MAX } from "../../application/ports.ts";
import { duePlace } from "../../domain/agenda.ts";
import { TodosError } from "../../domain/errors.ts";
import { ChecklistPages } from "./checklist-pages.ts";
import type { DueIndex } from "./due-index.ts";
import { milliseconds, storedChecklistEvenRemoved, text, whole } from "./rows.ts";
import type { Session } from "./session.ts";
import type { TaskPages } from "./task-pages.ts";

/** What instances note that write entries for the agenda: the number of the migration that brought them. */
const DUE_INDEX_RELEASE = 10;

/** How often each instance checks, ms; and while there are no entries for tasks from before. */
const LOOK_EVERY_MS = 60_000;
const LOOK_SOON_MS = 5_000;
/** Longest that a request waits for a check in progress, ms: on an empty keyspace it also does all there is to do. */
const PATIENCE_MS = 1_000;
const RETRY_AFTER_S = 10;
/** An instance that has not noted itself for this long has ended: it notes once a minute, and clocks differ. */
const ENDED_AFTER_MS = 130_000;
/** How far apart clocks may be. */
const SKEW_MAX_MS = 60_000;
/** Checklists between two records of how far it is, and how many of them at once. */
const LISTS_TOGETHER = 32;
const LISTS_AT_ONCE = 4;
const ENTRIES_AT_ONCE = 16;

const STATE = "SELECT value FROM meta WHERE key = 'due-index'";
const MOVE = "UPDATE meta SET value = ? WHERE key = 'due-index' IF value = ?";
const WRITERS = "SELECT release, seen_at FROM change_writer WHERE shard = 0";

const DONE = "done ";
const AFTER = "after ";

/**
 * Writes the agenda's entries for tasks that an earlier release wrote, once, list by list. It begins when no instance of
 * such a release has noted itself for a while, records how far it is, and is continued by any instance. Until it has
 * finished there is no agenda.
 */
export class DueCompletion {
  private isDone = false;
  private waitsForEarlier = false;
  private closed = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private work: Promise<void>;
  /** Deleted ones too: one may be restored. */
  private readonly lists: ChecklistPages;

  constructor(
    private readonly session: Session,
    private readonly due: DueIndex,
    private readonly tasks: TaskPages,
    private readonly log: Log,
    private readonly clock: Clock,
  ) {
    this.lists = new ChecklistPages(session, (row) => ({
      ...storedChecklistEvenRemoved(row),
      removed: false,
    }));
    this.work = this.look();
  }

  /** @throws TodosError store-unavailable if tasks may be missing from the agenda */
  async assure(): Promise<void> {
    if (this.isDone) return;
    await Promise.race([this.work, Bun.sleep(PATIENCE_MS)]);
    if (this.isDone) return;
    const detail = this.waitsForEarlier
      ? "The agenda is complete only after the last instance of an earlier release has ended; this one waits for that."
      : "The agenda is being completed with the tasks of an earlier release.";
    throw new TodosError("store-unavailable", detail, { retryAfterS: RETRY_AFTER_S });
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.work;
  }

  private async look(): Promise<void> {
    try {
      await this.check();
    } catch (error) {
      if (!this.closed) this.log.warn("completing the agenda failed and will be tried again", { error });
    }
    if (this.closed) return;
    const pauseMs = (this.isDone ? LOOK_EVERY_MS : LOOK_SOON_MS) * (0.5 + Math.random());
    this.timer = setTimeout(() => {
      this.work = this.look();
    }, pauseMs);
    this.timer.unref();
  }

  private async check(): Promise<void> {
    const state = await this.state();
    const seenAt = await this.earlierSeenAt();
    const doneAt = state.startsWith(DONE) ? Number(state.slice(DONE.length)) : undefined;
    // One that came back may have written tasks since.
    const isUndone = doneAt !== undefined && seenAt > doneAt - SKEW_MAX_MS;
    this.isDone = doneAt !== undefined && !isUndone;
    if (this.isDone) return;
    const from = isUndone ? await this.move(state, AFTER) : state;
    this.waitsForEarlier = this.clock.now() - seenAt < ENDED_AFTER_MS;
    if (from !== undefined && !this.waitsForEarlier) await this.complete(from);
  }

  private async state(): Promise<string> {
    return text((await this.session.row(STATE, [], this.session.serialRead))?.value);
  }

  /** When an instance of an earlier release noted itself last, milliseconds since the Unix epoch. */
  private async earlierSeenAt(): Promise<number> {
    const writers = await this.session.rows(WRITERS, []);
    const earlier = writers.filter(({ release }) => release === null || whole(release) < DUE_INDEX_RELEASE);
    return Math.max(0, ...earlier.map(({ seen_at }) => milliseconds(seen_at)));
  }

  /** @returns undefined if another instance has moved it, or it is unknown: it is read again later */
  private async move(from: string, to: string): Promise<string | undefined> {
    const answer = await this.session.attempt(MOVE, [to, from]);
    return answer?.["[applied]"] === true ? to : undefined;
  }

  private async complete(from: string): Promise<void> {
    let state: string | undefined = from;
    while (state !== undefined && !this.closed) {
      const place = state.slice(AFTER.length);
      const { items, next } = await this.lists.page(place === "" ? undefined : place, LISTS_TOGETHER);
      await boundedly(items, LISTS_AT_ONCE, ({ id }) => this.completeList(id));
      if (this.closed) return;
      state = await this.move(state, next === undefined ? `${DONE}${this.clock.now()}` : AFTER + next);
      // If another instance was faster, it may be done.
      this.isDone = state === undefined ? (await this.state()).startsWith(DONE) : next === undefined;
      if (next === undefined) return;
    }
  }

  private async completeList(list: string): Promise<void> {
    for (let after: string | undefined; !this.closed; ) {
      const { items, next } = await this.tasks.page(list, {}, after, PAGE_ROWS_MAX);
      await boundedly(items, ENTRIES_AT_ONCE, async (task) => {
        const place = duePlace(task);
        if (place) await this.due.add(place, task.version);
      });
      if (next === undefined) return;
      after = next;
    }
  }
}
