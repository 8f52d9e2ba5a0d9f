import type { Task } from "../../../domain/task.ts";
import { remember } from "../../../lib/remember.ts";
import type { LinkBase } from "../kernel/links.ts";
import { taskObject } from "./representations.ts";

/** All that the text depends on: a row never changes without another version. */
interface Remembered {
  readonly json: string;
  readonly version: number;
  readonly checklistId: string;
  readonly base: LinkBase;
}

const REMEMBERED_MAX = 1_000;
/** Tasks with long notes would take too much memory. */
const REMEMBERED_CHARS_MAX = 4_096;
const remembered = new Map<string, Remembered>();

/** The text of a task. With accounts many read the same one: the last ones are kept. */
export function taskText(task: Task, base: LinkBase): string {
  const { id, version, checklistId } = task;
  const known = remembered.get(id);
  if (known?.version === version && known.checklistId === checklistId && known.base === base)
    return known.json;
  const json = JSON.stringify(taskObject(task, base));
  if (json.length > REMEMBERED_CHARS_MAX) return json;
  remember(remembered, id, { json, version, checklistId, base }, REMEMBERED_MAX);
  return json;
}
