import { type CompareTally, type Comparison, compare, type Difference } from "./copy/compare.ts";
import { type CopyMarker, unfinishedCopy } from "./copy/marker.ts";
import { type PassTally, pass } from "./copy/pass.ts";
import type { Checksum, RowReader, RowWriter } from "./copy/ports.ts";
import type { WorkSurroundings } from "./copy/work.ts";
import type { Clock, Ids } from "./ports.ts";
import { StoreOpenError } from "./store-open-error.ts";

/** Passes of the last run. More are needed only if something still writes to the source. */
export const FINISHING_ROUNDS_MAX = 3;

/** How long to watch the source for writes before the last pass, ms. */
const WATCHED_MS = 1_000;

/** The current step, with counters that grow while it runs. */
export type CopyStep =
  | { readonly step: "copying"; readonly round: number; readonly tally: Readonly<PassTally> }
  | { readonly step: "comparing"; readonly round: number; readonly tally: Readonly<CompareTally> };

export interface CopyOptions extends WorkSurroundings {
  readonly source: RowReader;
  readonly target: RowWriter;
  readonly clock: Clock;
  readonly ids: Ids;
  newChecksum(): Checksum;
  onStep(step: CopyStep): void;
  onDifference(difference: Difference, round: number): void;
}

/** The result of the last run. */
export type Finish =
  | { readonly outcome: "equal"; readonly comparison: Comparison; readonly rounds: number }
  | { readonly outcome: "different"; readonly comparison: Comparison; readonly sourceChanging: boolean }
  /** An earlier run had finished the copy. */
  | { readonly outcome: "finished before"; readonly at: number };

/**
 * One pass over a source that may be in use meanwhile. It can stop anywhere and be repeated.
 * @throws StoreOpenError if the target must not be copied into
 */
export async function copyOnce(options: CopyOptions): Promise<PassTally> {
  const marker = await begin(options);
  if (marker.phase === "finished") {
    throw new StoreOpenError(
      `${options.target.place} holds a copy of this source, finished ${new Date(marker.at).toISOString()}, and may have been in use since: name an empty target, or compare the two with --verify`,
    );
  }
  return onePass(options, 1);
}

/**
 * The last passes, over a source that no longer changes. The target may be used once the outcome is `equal`: it then
 * has a new epoch, so that no earlier ETag matches.
 * @throws StoreOpenError if the target must not be copied into
 */
export async function finishCopy(options: CopyOptions): Promise<Finish> {
  const { source } = options;
  const marker = await begin(options);
  if (marker.phase === "finished") return { outcome: "finished before", at: marker.at };
  for (let round = 1; ; round++) {
    const writesBefore = await source.writesSeen();
    await options.pause(WATCHED_MS);
    await onePass(options, round);
    const comparison = await oneComparison(options, round);
    if (source.writesSeenAfterMs > 0) await options.pause(source.writesSeenAfterMs);
    const sourceChanging = (await source.writesSeen()) !== writesBefore;
    if (comparison.different === 0 && !sourceChanging) {
      await release(options, marker);
      return { outcome: "equal", comparison, rounds: round };
    }
    if (round === FINISHING_ROUNDS_MAX) return { outcome: "different", comparison, sourceChanging };
  }
}

async function onePass(options: CopyOptions, round: number): Promise<PassTally> {
  const tally: PassTally = { checklists: 0, tasks: 0, written: 0, removed: 0, keys: 0 };
  options.onStep({ step: "copying", round, tally });
  await pass({ ...options, tally });
  return tally;
}

function oneComparison(options: CopyOptions, round: number): Promise<Comparison> {
  const tally: CompareTally = { checklists: 0, tasks: 0 };
  options.onStep({ step: "comparing", round, tally });
  const onDifference = (difference: Difference) => options.onDifference(difference, round);
  return compare({ ...options, tally, onDifference });
}

/** Makes this run the one that writes to the target, if the target may be written to at all. */
async function begin({ source, target, clock, ids }: CopyOptions): Promise<CopyMarker> {
  if (source.epoch === target.epoch) {
    throw new StoreOpenError(
      `${source.place} and ${target.place} are the same store, or one is a plain file copy of the other: name another target`,
    );
  }
  const halfCopied = unfinishedCopy(source.place, await source.marker());
  if (halfCopied !== undefined) throw new StoreOpenError(halfCopied);
  const previous = await target.marker();
  await refuseStranger(source, target, previous);
  if (previous?.phase === "finished") return previous;
  const marker: CopyMarker = { source: source.epoch, run: ids.next(), phase: "copying", at: clock.now() };
  if (await target.setMarker(marker, previous)) return marker;
  throw new StoreOpenError(`another todos copy has just started writing to ${target.place}: run only one`);
}

/** The target must be empty, or hold a copy begun from this same source. */
async function refuseStranger(
  source: RowReader,
  target: RowWriter,
  previous: CopyMarker | undefined,
): Promise<void> {
  if (previous?.source === source.epoch) return;
  if (previous) {
    throw new StoreOpenError(
      `${target.place} holds a copy of another store, or of this store before a restore: name an empty target`,
    );
  }
  if (await target.isEmpty()) return;
  throw new StoreOpenError(
    `${target.place} is not empty, and a copy would remove its checklists and tasks: name an empty target`,
  );
}

async function release({ target, clock }: CopyOptions, marker: CopyMarker): Promise<void> {
  await target.renewEpoch();
  const finished: CopyMarker = { ...marker, phase: "finished", at: clock.now() };
  if (await target.setMarker(finished, marker)) return;
  throw new StoreOpenError(`another todos copy has started writing to ${target.place}: let that one finish`);
}
