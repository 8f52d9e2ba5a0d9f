import { caseFolded, matchesQuery, parsedQuery } from "../../../domain/folding.ts";
import { compareRanked } from "../../../domain/rank.ts";
import { FOUND_MAX, type LabelCount, type TaskRow } from "./types.ts";

/** Open ones with a due date: by date, list, rank. */
export function dueRows(tasks: readonly TaskRow[]): readonly TaskRow[] {
  return tasks.filter(({ dueDate, status }) => dueDate !== undefined && status !== "completed").sort(byDate);
}

function byDate(a: TaskRow, b: TaskRow): number {
  return (
    compared(a.dueDate ?? "", b.dueDate ?? "") ||
    compared(a.list, b.list) ||
    compareRanked({ id: a.id ?? a.key, rank: a.rank }, { id: b.id ?? b.key, rank: b.rank })
  );
}

/** Of open tasks, by name. Labels that differ by case are one, written as most often. */
export function labelCounts(tasks: readonly TaskRow[]): readonly LabelCount[] {
  const spellings = new Map<string, Map<string, number>>();
  for (const { labels, status } of tasks) {
    if (status === "completed") continue;
    for (const label of labels) {
      const key = caseFolded(label);
      const known = spellings.get(key) ?? new Map<string, number>();
      spellings.set(key, known.set(label, (known.get(label) ?? 0) + 1));
    }
  }
  return [...spellings.values()].map(counted).sort((a, b) => a.label.localeCompare(b.label));
}

function counted(spellings: ReadonlyMap<string, number>): LabelCount {
  const [[label] = [""]] = [...spellings].sort(([a, m], [b, n]) => n - m || compared(a, b));
  return { label, count: [...spellings.values()].reduce((sum, count) => sum + count, 0) };
}

export function labelledRows(tasks: readonly TaskRow[], label: string): readonly TaskRow[] {
  const key = caseFolded(label);
  return tasks.filter(({ labels }) => labels.some((each) => caseFolded(each) === key)).sort(byDate);
}

/** As the service's `q` finds them; open ones first. A text that it would refuse finds nothing. */
export function foundRows(tasks: readonly TaskRow[], text: string): readonly TaskRow[] {
  const words = text.trim() === "" ? [] : parsedQuery(text);
  if (!("length" in words) || words.length === 0) return [];
  const found: TaskRow[] = [];
  for (const row of tasks) {
    const { todo, description, labels } = row;
    if (!matchesQuery([todo, ...(description === undefined ? [] : [description]), ...labels], words))
      continue;
    found.push(row);
  }
  found.sort((a, b) => Number(a.status === "completed") - Number(b.status === "completed") || byDate(a, b));
  return found.slice(0, FOUND_MAX);
}

function compared(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
