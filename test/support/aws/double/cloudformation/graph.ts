/** A step that AWS would report as failed, with the reason it gives. */
export class StepFailure extends Error {
  readonly isCancelled: boolean;

  constructor(reason: string, isCancelled = false) {
    super(reason);
    this.name = "StepFailure";
    this.isCancelled = isCancelled;
  }
}

interface GraphOptions {
  /** Ids that must be done before this one; others are ignored. */
  readonly needs: (id: string) => readonly string[];
  readonly signal: AbortSignal;
  /** Whether a failure stops everything else. */
  readonly stopsAtFailure: boolean;
}

/**
 * Does `work` for every id as soon as those that it needs are done, all at once where nothing is in the way.
 * @returns the failures by id; ids that were never begun are in none
 */
export async function inOrder(
  ids: readonly string[],
  work: (id: string, signal: AbortSignal) => Promise<void>,
  { needs, signal, stopsAtFailure }: GraphOptions,
): Promise<Map<string, StepFailure>> {
  const failures = new Map<string, StepFailure>();
  const stopped = new AbortController();
  const both = AbortSignal.any([signal, stopped.signal]);
  const under = new Map<string, Promise<void>>();
  const begin = async (id: string): Promise<void> => {
    // Only now are all of them in `under`.
    await Promise.resolve();
    await Promise.all(needs(id).map((needed) => (needed === id ? undefined : under.get(needed))));
    if (both.aborted) return;
    try {
      await work(id, both);
    } catch (problem) {
      if (!(problem instanceof StepFailure)) throw problem;
      failures.set(id, problem);
      if (stopsAtFailure) stopped.abort();
    }
  };
  for (const id of ids) under.set(id, begin(id));
  await Promise.all(under.values());
  return failures;
}
