import { signal } from "@preact/signals";
import { caseFolded, matchesWords, parsedQuery, wordsOf } from "../../../domain/folding.ts";
import { remember } from "../../../lib/remember.ts";
import { type Change, compareDue, compared, rearranged } from "./order.ts";
import { FOUND_MAX, type LabelCount, type TaskRow } from "./types.ts";

/** What is derived of all rows that are shown, kept up to date by the changes of each commit. */
export class Derived {
  /** Open ones with a due date: by date, list, rank. */
  readonly due = signal<readonly TaskRow[]>([]);
  /** Of open tasks, by name. Labels that differ by case are one, written as most often. */
  readonly labels = signal<readonly LabelCount[]>([]);
  /** How often each spelling is there, by case fold. */
  private spellings = new Map<string, Map<string, number>>();

  /** Instead of what there was. */
  rebuild(rows: Iterable<TaskRow>): void {
    const open = [...rows].filter(isOpen);
    this.due.value = open.filter(isDue).sort(compareDue);
    this.spellings = new Map();
    for (const { labels } of open) for (const label of labels) this.count(label, 1);
    this.labels.value = this.counted();
  }

  change(changes: readonly Change[]): void {
    const due = changes
      .map(({ old, row }) => ({
        old: old && isDue(old) ? old : undefined,
        row: row && isDue(row) ? row : undefined,
      }))
      .filter(({ old, row }) => old || row);
    if (due.length > 0) this.due.value = rearranged(this.due.peek(), due, compareDue);
    const counts = changes.map(({ old, row }) => this.recount(old, row));
    if (counts.includes(true)) this.labels.value = this.counted();
  }

  /** @returns whether that has changed anything */
  private recount(old: TaskRow | undefined, row: TaskRow | undefined): boolean {
    const [had, has] = [labelsOf(old), labelsOf(row)];
    if (had.length === has.length && had.every((label, at) => label === has[at])) return false;
    for (const label of had) this.count(label, -1);
    for (const label of has) this.count(label, 1);
    return true;
  }

  private count(label: string, by: number): void {
    const key = folded(label);
    const known = this.spellings.get(key) ?? new Map<string, number>();
    const count = (known.get(label) ?? 0) + by;
    if (count > 0) known.set(label, count);
    else known.delete(label);
    if (known.size > 0) this.spellings.set(key, known);
    else this.spellings.delete(key);
  }

  private counted(): readonly LabelCount[] {
    return [...this.spellings.values()].map(labelCount).sort((a, b) => byName.compare(a.label, b.label));
  }
}

/** Many times faster than `localeCompare`. */
export const byName = new Intl.Collator();

function isOpen({ status }: TaskRow): boolean {
  return status !== "completed";
}

function isDue(row: TaskRow): boolean {
  return row.dueDate !== undefined && isOpen(row);
}

const NONE: readonly string[] = [];

function labelsOf(row: TaskRow | undefined): readonly string[] {
  return row && isOpen(row) ? row.labels : NONE;
}

function labelCount(spellings: ReadonlyMap<string, number>): LabelCount {
  const [[label] = [""]] = [...spellings].sort(([a, m], [b, n]) => n - m || compared(a, b));
  return { label, count: [...spellings.values()].reduce((sum, count) => sum + count, 0) };
}

/** People have few labels, on many tasks; so many are remembered. */
const FOLDS_MAX = 10_000;
const folds = new Map<string, string>();

function folded(label: string): string {
  let fold = folds.get(label);
  if (fold === undefined) {
    fold = caseFolded(label);
    remember(folds, label, fold, FOLDS_MAX);
  }
  return fold;
}

export function labelledRows(tasks: readonly TaskRow[], label: string): readonly TaskRow[] {
  const key = folded(label);
  return tasks.filter(({ labels }) => labels.some((each) => folded(each) === key)).sort(compareDue);
}

/** As the service's `q` finds them; open ones first. A text that it would refuse finds nothing. */
export function foundRows(tasks: readonly TaskRow[], text: string): readonly TaskRow[] {
  const words = text.trim() === "" ? [] : parsedQuery(text);
  if (!("length" in words) || words.length === 0) return [];
  const found = tasks.filter((row) => matchesWords(searchable(row), words));
  found.sort(
    (a, b) => Number(a.status === "completed") - Number(b.status === "completed") || compareDue(a, b),
  );
  return found.slice(0, FOUND_MAX);
}

/** Of each row only once, not with each key that is typed. */
const searched = new WeakMap<TaskRow, string>();

function searchable(row: TaskRow): string {
  let words = searched.get(row);
  if (words === undefined) {
    const { todo, description, labels } = row;
    words = wordsOf([todo, ...(description === undefined ? [] : [description]), ...labels]);
    searched.set(row, words);
  }
  return words;
}
