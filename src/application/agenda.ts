import type { DuePlace } from "../domain/agenda.ts";
import { TodosError } from "../domain/errors.ts";
import type { Task } from "../domain/task.ts";

/** Most checklists whose tasks one agenda shows: on a cluster each is a read of its own. */
export const AGENDA_CHECKLISTS_MAX = 1_000;

/** What is wanted of the agenda. */
export interface DueQuery {
  /** Full-date; the last one shown. */
  readonly until: string;
  /** Absent: all checklists. */
  readonly checklistId?: string;
  /** Absent: those of everyone. */
  readonly userId?: string;
  /** Absent: from the start. It need not be that of a task. */
  readonly after?: DuePlace;
}

/** Part of the agenda. A `next` means that there may be more after that place; only its absence ends it. */
export interface DueSlice {
  readonly items: readonly Task[];
  readonly next?: DuePlace;
}

export function tooManyChecklists(): TodosError {
  return new TodosError(
    "too-many-checklists",
    `There are more than ${AGENDA_CHECKLISTS_MAX} checklists. Name one of them.`,
  );
}
