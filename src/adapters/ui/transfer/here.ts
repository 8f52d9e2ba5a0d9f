import type { ListRow, TaskMembers } from "../workspace/types.ts";
import type { Portable, PortableList } from "./format.ts";

/** A list of a file, and where its tasks go. */
export interface Placed {
  readonly name: string;
  /** Key of the list that is here; absent: a new one is made. */
  readonly key?: string;
  readonly tasks: readonly TaskMembers[];
}

/** What of a file is here already. */
export interface Here {
  /** Tasks with the same text in a list of the same name; each task here counts once. */
  readonly tasks: number;
  /** Names of lists that are here, without the inbox. */
  readonly lists: readonly string[];
  /** The other tasks, for the lists that are here and for new ones. */
  readonly others: readonly Placed[];
}

/** Compares by what a person sees: files have no ids, and Markdown may have been written by hand. */
export function hereOf(work: Pick<Portable, "lists" | "tasksOf">, file: readonly PortableList[]): Here {
  const names: string[] = [];
  let known = 0;
  const others = file.map((list): Placed => {
    const same = sameLists(work.lists.peek(), list);
    if (same[0] !== undefined && !list.isInbox) names.push(list.name);
    const texts = countsOf(same.flatMap(({ key }) => work.tasksOf(key).peek()));
    const tasks = list.tasks.filter(({ todo }) => !taken(texts, todo));
    known += list.tasks.length - tasks.length;
    return { name: list.name, tasks, ...(same[0] === undefined ? {} : { key: same[0].key }) };
  });
  return { tasks: known, lists: names, others: others.filter(isWanted) };
}

/** A list without tasks is wanted if there is none of its name. */
function isWanted({ key, tasks }: Placed): boolean {
  return tasks.length > 0 || key === undefined;
}

function sameLists(all: readonly ListRow[], { name, isInbox }: PortableList): readonly ListRow[] {
  return all.filter(
    (list) => list.may.write && (isInbox ? list.isInbox : !list.isInbox && list.name.trim() === name.trim()),
  );
}

function countsOf(tasks: readonly { readonly todo: string }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { todo } of tasks) counts.set(textOf(todo), (counts.get(textOf(todo)) ?? 0) + 1);
  return counts;
}

/** Takes one task with this text. @returns whether there was one */
function taken(counts: Map<string, number>, todo: string): boolean {
  const left = counts.get(textOf(todo)) ?? 0;
  if (left > 0) counts.set(textOf(todo), left - 1);
  return left > 0;
}

/** Markdown has line feeds alone. */
function textOf(todo: string): string {
  return todo.replaceAll("\r\n", "\n").trim();
}
