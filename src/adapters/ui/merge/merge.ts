import type { Values } from "../api/types.ts";

/** What to do with one change of a row that may have changed elsewhere. */
export interface Merged {
  /** Members to be sent, with the values to be sent. */
  readonly send: Values;
  /** Members that both sides have changed, to different values. */
  readonly clash: readonly string[];
}

/**
 * Three-way merge by member.
 * @param base members as they were when they were edited here
 * @param mine their new values; undefined takes one away
 * @param theirs the row as it is there
 */
export function merged(base: Values, mine: Values, theirs: Values): Merged {
  const send: Record<string, unknown> = {};
  const clash: string[] = [];
  for (const [member, value] of Object.entries(mine)) {
    if (same(theirs[member], value)) continue;
    if (same(theirs[member], base[member])) send[member] = value;
    else if (member === "labels") {
      const labels = mergedLabels(textsOf(base.labels), textsOf(value), textsOf(theirs.labels));
      if (!same(labels, theirs.labels)) send.labels = labels;
    } else clash.push(member);
  }
  return { send, clash };
}

/** Theirs, without what was taken away here, with what was added here. Labels are equal but for case. */
export function mergedLabels(
  base: readonly string[],
  mine: readonly string[],
  theirs: readonly string[],
): readonly string[] {
  const had = new Set(base.map(folded));
  const have = new Set(mine.map(folded));
  const kept = theirs.filter((label) => have.has(folded(label)) || !had.has(folded(label)));
  const keeps = new Set(kept.map(folded));
  return [...kept, ...mine.filter((label) => !had.has(folded(label)) && !keeps.has(folded(label)))];
}

/** Equal as JSON; an absent member, null and undefined are one. */
export function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
}

function folded(label: string): string {
  return label.toLowerCase();
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
