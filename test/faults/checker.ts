import type { KeyedOperation, Operation } from "./history.ts";

/** A row's final state, read after all requests had ended. */
export interface Final {
  readonly version: number;
  readonly value: string;
}

export interface Verdict {
  readonly violations: readonly string[];
  readonly acknowledged: number;
  readonly stale: number;
  /** Writes whose outcome the client does not know. */
  readonly undecided: number;
  /** Undecided writes that were done. */
  readonly undecidedButDone: number;
  readonly reads: number;
}

/** The version of a new row. */
const FIRST_VERSION = 1;

/**
 * Checks what clients saw of one row that only compare-and-set changes. Every acknowledged write has its own version,
 * and nobody sees another value at that version. Nobody sees a refused write, and each was refused because another
 * write came first. A read sees every write that was acknowledged before it began. The last version counts the writes
 * that were done.
 */
export function checkRow(operations: readonly Operation[], final: Final): Verdict {
  const violations: string[] = [];
  const writes = operations.filter(({ kind }) => kind === "write");
  const done = writes.filter(({ outcome }) => outcome === "ok");
  const stale = writes.filter(({ outcome }) => outcome === "stale");
  const untouched = writes.filter(({ outcome }) => outcome === "untouched");
  const undecided = writes.filter(({ outcome }) => outcome === "unknown" || outcome === "lost");
  const seen = new Map<number, Set<string>>();
  for (const { version, value } of [...operations.filter(({ outcome }) => outcome === "ok"), final]) {
    if (version !== undefined) seen.set(version, (seen.get(version) ?? new Set()).add(value));
  }
  for (const [version, values] of seen) {
    if (values.size > 1) violations.push(`version ${version} has several values: ${[...values].join(", ")}`);
  }
  const shown = new Set<string>([...seen.values()].flatMap((values) => [...values]));
  violations.push(...winners(done), ...refusals(stale, done, undecided, shown), ...stalenessOf(operations));
  for (const { value } of untouched.filter((write) => shown.has(write.value)))
    violations.push(`${value} was told that nothing was changed, and is seen all the same`);
  for (const write of done) {
    if ((write.version ?? 0) > final.version)
      violations.push(`acknowledged version ${write.version} is lost: the row ended at ${final.version}`);
  }
  const undecidedButDone = final.version - FIRST_VERSION - done.length;
  if (undecidedButDone < 0 || undecidedButDone > undecided.length) {
    violations.push(
      `the row ended at version ${final.version} after ${done.length} acknowledged and ${undecided.length} undecided writes`,
    );
  }
  return {
    violations,
    acknowledged: done.length,
    stale: stale.length,
    undecided: undecided.length,
    undecidedButDone,
    reads: operations.length - writes.length,
  };
}

/** Finds versions that more than one writer replaced, and writers that were told a wrong version. */
function winners(done: readonly Operation[]): string[] {
  const violations: string[] = [];
  const byExpected = Map.groupBy(done, ({ expected }) => expected);
  for (const [expected, group] of byExpected) {
    if (group.length > 1)
      violations.push(
        `version ${expected} has ${group.length} winners: ${group.map((w) => w.value).join(", ")}`,
      );
  }
  for (const { value, expected, version } of done) {
    if (version !== (expected ?? 0) + 1)
      violations.push(`${value} replaced version ${expected} and was told version ${version}`);
  }
  return violations;
}

/** Finds refused writes that are seen, or that lost to no write that started before the refusal. */
function refusals(
  stale: readonly Operation[],
  done: readonly Operation[],
  undecided: readonly Operation[],
  shown: ReadonlySet<string>,
): string[] {
  const rivals = [...done, ...undecided];
  return stale.flatMap((refused) => {
    if (shown.has(refused.value)) return [`${refused.value} was refused by 412, and is seen all the same`];
    const beaten = rivals.some(
      (rival) => rival.expected === refused.expected && rival.invokedAt < refused.endedAt,
    );
    return beaten
      ? []
      : [`${refused.value} was refused by 412 though nobody else replaced version ${refused.expected}`];
  });
}

/** Finds reads that began after a write was acknowledged and saw an older version. */
function stalenessOf(operations: readonly Operation[]): string[] {
  const ended = operations
    .filter(({ outcome, version }) => outcome === "ok" && version !== undefined)
    .sort((a, b) => a.endedAt - b.endedAt);
  const reads = operations
    .filter(({ kind, outcome }) => kind === "read" && outcome === "ok")
    .sort((a, b) => a.invokedAt - b.invokedAt);
  const violations: string[] = [];
  let next = 0;
  let known = 0;
  for (const read of reads) {
    for (; (ended[next]?.endedAt ?? Number.POSITIVE_INFINITY) < read.invokedAt; next++) {
      known = Math.max(known, ended[next]?.version ?? 0);
    }
    if ((read.version ?? 0) < known)
      violations.push(`a read saw version ${read.version} after version ${known} had been told to someone`);
  }
  return violations;
}

/**
 * Checks what clients saw of the row created under one key. Once acknowledged, it exists until someone asks to delete
 * it. There is only one, however often clients ask for it. Once gone, it stays gone.
 * @param stored ids of the rows with that key's text, read after all requests had ended
 * @returns the violations, each with its reason
 */
export function checkKeyed(operations: readonly KeyedOperation[], stored: readonly string[]): string[] {
  const of = (kind: KeyedOperation["kind"], outcome: KeyedOperation["outcome"]) =>
    operations.filter((operation) => operation.kind === kind && operation.outcome === outcome);
  const created = of("create", "done");
  const ids = new Set([...created.map(({ id }) => id), ...stored]);
  const deletions = operations.filter(({ kind }) => kind === "delete");
  const madeAt = Math.min(...created.map(({ endedAt }) => endedAt));
  const doomedAt = Math.min(...deletions.map(({ invokedAt }) => invokedAt));
  // The row is gone once a deletion is acknowledged, or once someone misses it after its creation.
  const missed = [...of("read", "absent"), ...of("delete", "absent")].filter((it) => it.invokedAt > madeAt);
  const goneAt = Math.min(...[...of("delete", "done"), ...missed].map(({ endedAt }) => endedAt));
  const violations: string[] = [];
  if (ids.size > 1) violations.push(`doubled: ${[...ids].join(", ")}`);
  if (missed.some(({ endedAt }) => endedAt < doomedAt))
    violations.push("lost: it was missed, and nobody deleted it");
  if (created.length > 0 && deletions.length === 0 && stored.length === 0) violations.push("lost at the end");
  if (of("read", "done").some(({ invokedAt }) => invokedAt > goneAt))
    violations.push("resurrected: seen after it was gone");
  if (goneAt < Number.POSITIVE_INFINITY && stored.length > 0) violations.push("resurrected at the end");
  return violations;
}
