/** The checklist of tasks whose creator names none; created by a migration, never removed. */
export const INBOX_ID = "00000000-0000-7000-8000-000000000000";
export const CHECKLIST_NAME_CHARS_MAX = 200;
/** Shown for a row that another service wrote without a text. */
export const UNTITLED = "Untitled";
/** Stands for a time that was never written: no row was created at the start of the Unix epoch. */
export const NEVER_MS = 0;

/** A named list. Times are milliseconds since the Unix epoch, UTC; {@link NEVER_MS} where nobody wrote one. */
export interface Checklist {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Starts at 1 and increases by one with every write. */
  readonly version: number;
}

/** Members to change; those absent stay as they are. */
export interface ChecklistChange {
  readonly name?: string;
}

export function newChecklist(id: string, name: string, now: number): Checklist {
  return { id, name: name.trim(), createdAt: now, updatedAt: now, version: 1 };
}

/** The checklist after one write at `now`. Its times never go back, whatever the clock does. */
export function changedChecklist(current: Checklist, change: ChecklistChange, now: number): Checklist {
  return {
    id: current.id,
    name: change.name === undefined ? current.name : change.name.trim(),
    createdAt: current.createdAt,
    updatedAt: Math.max(now, current.updatedAt),
    version: current.version + 1,
  };
}
