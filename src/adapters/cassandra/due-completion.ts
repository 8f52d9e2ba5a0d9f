import { boundedly } from "../../application/copy/work.ts";
import { type Clock, type Log, PAGE_ROWS_MAX } from "../../application/ports.ts";
import { duePlace } from "../../domain/agenda.ts";
import { TodosError } from "../../domain/errors.ts";
import { BackfillState, RepeatedCheck } from "./backfill.ts";
import { ChecklistPages } from "./checklist-pages.ts";
import type { DueIndex } from "./due-index.ts";
import { storedChecklistEvenRemoved } from "./rows.ts";
import type { Session } from "./session.ts";
import type { TaskPages } from "./task-pages.ts";

/** What instances note that write entries for the agenda: the number of the migration that brought them. */
const DUE_INDEX_RELEASE = 10;

/** How often each instance checks, ms; and while there are no entries for tasks from before. */
const LOOK_EVERY_MS = 60_000;
const LOOK_SOON_MS = 5_000;
const RETRY_AFTER_S = 10;
/** Checklists between two records of how far it is, and how many of them at once. */
const LISTS_TOGETHER = 32;
const LISTS_AT_ONCE = 4;
const ENTRIES_AT_ONCE = 16;

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
  private readonly checks: RepeatedCheck;
  private readonly state: BackfillState;
  /** Deleted ones too: one may be restored. */
  private readonly lists: ChecklistPages;

  constructor(
    session: Session,
    private readonly due: DueIndex,
    private readonly tasks: TaskPages,
    log: Log,
    private readonly clock: Clock,
  ) {
    this.state = new BackfillState(session, "due-index", DUE_INDEX_RELEASE, clock);
    this.lists = new ChecklistPages(session, (row) => ({
      ...storedChecklistEvenRemoved(row),
      removed: false,
    }));
    this.checks = new RepeatedCheck(
      () => this.check(),
      (error) => log.warn("completing the agenda failed and will be tried again", { error }),
      () => (this.isDone ? LOOK_EVERY_MS : LOOK_SOON_MS),
    );
    this.checks.begin();
  }

  /** @throws TodosError store-unavailable if tasks may be missing from the agenda */
  async assure(): Promise<void> {
    if (this.isDone) return;
    await this.checks.settled();
    if (this.isDone) return;
    const detail = this.waitsForEarlier
      ? "The agenda is complete only after the last instance of an earlier release has ended; this one waits for that."
      : "The agenda is being completed with the tasks of an earlier release.";
    throw new TodosError("store-unavailable", detail, { retryAfterS: RETRY_AFTER_S });
  }

  close(): Promise<void> {
    return this.checks.close();
  }

  private async check(): Promise<void> {
    const state = await this.state.read();
    const earlier = await this.state.earlierInstances();
    const isMarked = state.startsWith(DONE);
    // One that came back may have written tasks since.
    const isUndone = isMarked && earlier.haveWrittenSince(Number(state.slice(DONE.length)));
    this.isDone = isMarked && !isUndone;
    if (this.isDone) return;
    const from = isUndone ? await this.state.move(state, AFTER) : state;
    this.waitsForEarlier = earlier.areThere;
    if (from !== undefined && !this.waitsForEarlier) await this.complete(from);
  }

  private async complete(from: string): Promise<void> {
    let state: string | undefined = from;
    while (state !== undefined && !this.checks.isClosed) {
      const place = state.slice(AFTER.length);
      const { items, next } = await this.lists.page(place === "" ? undefined : place, LISTS_TOGETHER);
      await boundedly(items, LISTS_AT_ONCE, ({ id }) => this.completeList(id));
      if (this.checks.isClosed) return;
      state = await this.state.move(state, next === undefined ? `${DONE}${this.clock.now()}` : AFTER + next);
      // If another instance was faster, it may be done.
      this.isDone = state === undefined ? (await this.state.read()).startsWith(DONE) : next === undefined;
      if (next === undefined) return;
    }
  }

  private async completeList(list: string): Promise<void> {
    for (let after: string | undefined; !this.checks.isClosed; ) {
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
