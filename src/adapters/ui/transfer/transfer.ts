import type { ListRow, TaskMembers, TaskRow, Workspace } from "../workspace/types.ts";
import { IMPORT_BYTES_MAX, type Imported, type PortableList } from "./format.ts";
import { fromJson } from "./json.ts";
import { fromMarkdown } from "./markdown.ts";

/** What of the workspace an export and an import need. */
export type Portable = Pick<Workspace, "lists" | "tasksOf" | "acts">;

/** Every list with its tasks, as the copy has them. */
export function portableLists(work: Portable): readonly PortableList[] {
  return work.lists.peek().map((list) => portableList(work, list));
}

export function portableList(work: Portable, { key, name, isInbox }: ListRow): PortableList {
  return {
    name,
    ...(isInbox ? { isInbox } : {}),
    tasks: work.tasksOf(key).peek().map(membersOf),
  };
}

function membersOf(row: TaskRow): TaskMembers {
  const { todo, status, priority, labels, description, dueDate, repeat, repeatFrom } = row;
  return {
    ...{ todo, status, priority, labels },
    ...(description === undefined ? {} : { description }),
    ...(dueDate === undefined ? {} : { dueDate }),
    ...(repeat === undefined ? {} : { repeat }),
    ...(repeat === undefined || repeatFrom === undefined ? {} : { repeatFrom }),
  };
}

/** @param file of a person's choice: what begins with a brace is JSON, anything else Markdown */
export async function readImport(file: Blob): Promise<Imported> {
  if (file.size > IMPORT_BYTES_MAX) return { lists: [], problems: [{ reason: "too-large" }] };
  const text = await file.text();
  return /^\s*[{[]/.test(text) ? fromJson(text) : fromMarkdown(text);
}

/** Adds the lists as new ones, tasks of the inbox to the inbox: an import never changes what is there. */
export async function addLists({ lists, acts }: Portable, imported: readonly PortableList[]): Promise<void> {
  for (const { name, isInbox, tasks } of imported) {
    const inbox = lists.peek().find((list) => list.isInbox)?.key;
    const key = isInbox && inbox !== undefined ? inbox : await acts.addList(name);
    if (tasks.length > 0) await acts.addTasks(tasks, key);
  }
}
