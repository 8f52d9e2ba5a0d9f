import type { ListRow, TaskMembers, TaskRow } from "../workspace/types.ts";
import { IMPORT_BYTES_MAX, type Imported, type Portable, type PortableList } from "./format.ts";
import type { Placed } from "./here.ts";
import { fromJson } from "./json.ts";
import { fromMarkdown } from "./markdown.ts";

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

/** All of a file, its lists as new ones; tasks of the inbox go to the inbox. */
export function asNew(
  { lists }: Pick<Portable, "lists">,
  imported: readonly PortableList[],
): readonly Placed[] {
  const inbox = lists.peek().find((list) => list.isInbox)?.key;
  return imported.map(({ name, isInbox, tasks }) =>
    isInbox && inbox !== undefined ? { name, key: inbox, tasks } : { name, tasks },
  );
}

/** Adds, and never changes what is there. */
export async function add({ acts }: Pick<Portable, "acts">, placed: readonly Placed[]): Promise<void> {
  for (const { name, key, tasks } of placed) {
    const list = key ?? (await acts.addList(name));
    if (tasks.length > 0) await acts.addTasks(tasks, list);
  }
}
