/** A step that AWS would report as failed, with AWS's reason. */
export class StepFailure extends Error {
  readonly isCancelled: boolean;

  constructor(reason: string, isCancelled = false) {
    super(reason);
    this.name = "StepFailure";
    this.isCancelled = isCancelled;
  }
}

interface GraphOptions {
  /** Ids that must be done before this one. Unknown ids are ignored. */
  readonly needs: (id: string) => readonly string[];
  readonly signal: AbortSignal;
  /** Whether a failure stops everything else. */
  readonly stopsAtFailure: boolean;
}

/**
 * Runs `work` for each id as soon as the ids it needs are done, all at once where nothing prevents it.
 * @returns the failures by id, without ids that never began
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
    // Wait until `under` has all ids.
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
