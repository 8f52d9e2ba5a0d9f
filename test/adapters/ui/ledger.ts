import type { TaskRow } from "../../../src/adapters/ui/workspace/types.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;
const FIRST_DAY_MS = Date.UTC(2030, 0, 1);

/**
 * Every text, label and day that was written, each once, and what the person who wrote it saw in its place. One that is
 * not there at the end must have been seen by the person who replaced it: otherwise it was lost in silence.
 */
export class Ledger {
  private count = 0;
  /** Values that an act has made durable. */
  private readonly written = new Set<string>();
  /** What was seen when a value was written. */
  private readonly seenBy = new Map<string, Set<string>>();
  /** Seen by somebody who then decided about them. */
  private readonly known = new Set<string>();

  text(author: string): string {
    return `${author} ${++this.count}`;
  }

  day(): string {
    return new Date(FIRST_DAY_MS + ++this.count * DAY_MS).toISOString().slice(0, 10);
  }

  /** @param isDurable false if the page died in the middle: then it may have been written, or not */
  wrote(values: readonly string[], seen: readonly unknown[], isDurable: boolean): void {
    for (const value of values) {
      if (isDurable) this.written.add(value);
      for (const old of textsIn(seen)) this.edge(value, old);
    }
    if (values.length === 0) this.decided(seen);
  }

  /** What was shown before took the place of what was shown then. */
  undone(before: readonly TaskRow[], after: readonly TaskRow[]): void {
    const now = new Set(after.flatMap(valuesOf));
    this.decided(before.flatMap(valuesOf).filter((value) => !now.has(value)));
  }

  decided(values: readonly unknown[]): void {
    for (const value of textsIn(values)) this.known.add(value);
  }

  gaveUp(changes: Readonly<Record<string, unknown>>): void {
    this.decided(Object.values(changes));
  }

  /** @param rows all that there are at the end. @returns values that were overwritten, or dropped, and nobody saw it */
  lost(rows: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
    const found = new Set([...this.known, ...rows.flatMap(valuesOf)]);
    for (const value of found) for (const old of this.seenBy.get(value) ?? []) found.add(old);
    return [...this.written].filter((value) => !found.has(value));
  }

  private edge(value: string, old: string): void {
    const seen = this.seenBy.get(value) ?? new Set();
    this.seenBy.set(value, seen.add(old));
  }
}

function valuesOf(row: object): readonly string[] {
  const { todo, description, dueDate, labels } = row as Partial<TaskRow>;
  return textsIn([todo, description, dueDate, labels]);
}

function textsIn(values: readonly unknown[]): readonly string[] {
  return values.flat().filter((value) => typeof value === "string");
}
