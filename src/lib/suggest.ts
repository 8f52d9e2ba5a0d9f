/** Beyond this many edits two words are unrelated. */
const EDITS_MAX = 3;

/** The candidate closest to `word`, if one is close enough. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  // A third of a short word may be wrong, so that `x` suggests nothing.
  const editsAllowed = Math.min(EDITS_MAX, Math.ceil(word.length / 3));
  let best: string | undefined;
  let bestEdits = editsAllowed + 1;
  for (const candidate of candidates) {
    const edits = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (edits < bestEdits) {
      best = candidate;
      bestEdits = edits;
    }
  }
  return best;
}

/**
 * `"; did you mean X?"`, or nothing if no candidate is close.
 * @param prefix shared by `word` and all candidates: it does not count as similarity
 */
export function didYouMean(word: string, candidates: readonly string[], prefix = ""): string {
  const rest = (text: string): string => text.slice(prefix.length);
  const found = nearest(rest(word), candidates.map(rest));
  return found === undefined ? "" : `; did you mean ${prefix}${found}?`;
}

/**
 * Minimum number of insertions, removals, replacements and swaps of neighbours that turn `a` into
 * `b`.
 */
export function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let edits = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) edits = Math.min(edits, at(beforePrevious, column - 2) + 1);
      current.push(edits);
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
