import { type CompareTally, type Comparison, compare, type Difference } from "./copy/compare.ts";
import { type CopyMarker, unfinishedCopy } from "./copy/marker.ts";
import { type PassTally, pass } from "./copy/pass.ts";
import type { Checksum, RowReader, RowWriter } from "./copy/ports.ts";
import type { WorkSurroundings } from "./copy/work.ts";
import type { Clock, Ids } from "./ports.ts";
import { StoreOpenError } from "./store-open-error.ts";

/** Passes of a last run: more are needed only where the source is still being written to. */
export const FINISHING_ROUNDS_MAX = 3;

/** How long the source is watched for writes before a last pass, ms. */
const WATCHED_MS = 1_000;

/** What is being done, with counters that go up while it is. */
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

/** What a last run came to. */
export type Finish =
  | { readonly outcome: "equal"; readonly comparison: Comparison; readonly rounds: number }
  | { readonly outcome: "different"; readonly comparison: Comparison; readonly sourceChanging: boolean }
  /** Another run had finished it already. */
  | { readonly outcome: "finished before"; readonly at: number };

/**
 * One pass over a source that may be served meanwhile. It can be broken off anywhere, and repeated.
 * @throws StoreOpenError where the target may not be copied into
 */
export async function copyOnce(options: CopyOptions): Promise<PassTally> {
  const marker = await begin(options);
  if (marker.phase === "finished") {
    throw new StoreOpenError(
      `${options.target.place} holds a copy of this source that was finished ${new Date(marker.at).toISOString()}, and may have been served since: name an empty target, or compare the two with --verify`,
    );
  }
  return onePass(options, 1);
}

/**
 * The last passes, over a source that nobody writes to any more. The target may be served once the outcome
 * is `equal`: it then has an epoch of its own, so that no ETag of before matches.
 * @throws StoreOpenError where the target may not be copied into
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

/** Makes this run the one that writes into the target, where that may be written into at all. */
async function begin({ source, target, clock, ids }: CopyOptions): Promise<CopyMarker> {
  if (source.epoch === target.epoch) {
    throw new StoreOpenError(
      `${source.place} and ${target.place} are the same store, or one is a plain copy of the other's file: name another target`,
    );
  }
  const halfCopied = unfinishedCopy(source.place, await source.marker());
  if (halfCopied !== undefined) throw new StoreOpenError(halfCopied);
  const previous = await target.marker();
  await refuseStranger(source, target, previous);
  if (previous?.phase === "finished") return previous;
  const marker: CopyMarker = { source: source.epoch, run: ids.next(), phase: "copying", at: clock.now() };
  if (await target.setMarker(marker, previous)) return marker;
  throw new StoreOpenError(`another todos copy has just begun to write into ${target.place}: let one do it`);
}

/** Only what is empty, or was begun from this very source, may be written into. */
async function refuseStranger(
  source: RowReader,
  target: RowWriter,
  previous: CopyMarker | undefined,
): Promise<void> {
  if (previous?.source === source.epoch) return;
  if (previous) {
    throw new StoreOpenError(
      `${target.place} holds a copy of another store, or of this one before a restore: name an empty target`,
    );
  }
  if (await target.isEmpty()) return;
  throw new StoreOpenError(
    `${target.place} has checklists or tasks of its own, which a copy would remove: name an empty target`,
  );
}

async function release({ target, clock }: CopyOptions, marker: CopyMarker): Promise<void> {
  await target.renewEpoch();
  const finished: CopyMarker = { ...marker, phase: "finished", at: clock.now() };
  if (await target.setMarker(finished, marker)) return;
  throw new StoreOpenError(`another todos copy has begun to write into ${target.place}: let that one finish`);
}
