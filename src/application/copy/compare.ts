import { type Checklist, INBOX_ID } from "../../domain/checklist.ts";
import type { Clock } from "../ports.ts";
import { CHECKLISTS_AT_ONCE } from "./pass.ts";
import { type Checksum, COPY_PAGE_ROWS, type KeptChecklist, type RowReader, recordName } from "./ports.ts";
import { checklistText, recordText, taskText } from "./rows.ts";
import { boundedly, patiently, type WorkSurroundings } from "./work.ts";

/** One checklist in one store. */
export interface Summed {
  readonly tasks: number;
  /** Over the list's own row and its tasks in order. */
  readonly checksum: string;
}

/** What differs between the stores. */
export type Difference =
  /** A checklist; absent: that store does not have it. */
  | { readonly checklist: string; readonly source?: Summed; readonly target?: Summed }
  /** A record of accounts, by kind and key. */
  | { readonly record: string };

export interface Comparison {
  readonly checklists: number;
  readonly tasks: number;
  /** Checklists, and records of accounts. */
  readonly different: number;
  readonly differentRecords: number;
}

/** Progress of a comparison; `tasks` are the source's. */
export interface CompareTally {
  checklists: number;
  tasks: number;
}

export interface CompareOptions extends WorkSurroundings {
  readonly source: RowReader;
  readonly target: RowReader;
  readonly tally: CompareTally;
  readonly clock: Clock;
  newChecksum(): Checksum;
  /** Called for each difference. */
  onDifference(difference: Difference): void;
}

/** Reads both stores again, list by list, and compares counts and checksums. Changes nothing. */
export async function compare(options: CompareOptions): Promise<Comparison> {
  const { tally } = options;
  let different = 0;
  let differentRecords = 0;
  const tell = (difference: Difference): void => {
    different++;
    if ("record" in difference) differentRecords++;
    options.onDifference(difference);
  };
  await compareSourceLists(options, tell);
  await findExtraLists(options, tell);
  await compareRecords(options, tell);
  await compareDefaultOwners(options, tell);
  return { checklists: tally.checklists, tasks: tally.tasks, different, differentRecords };
}

async function compareSourceLists(options: CompareOptions, tell: (found: Difference) => void): Promise<void> {
  const { source, target, tally } = options;
  let after: string | undefined;
  do {
    const page = await patiently(options, () => source.checklistsAfter(after, COPY_PAGE_ROWS));
    const others = await patiently(options, () => target.checklistsById(page.items.map(({ id }) => id)));
    await boundedly(page.items, CHECKLISTS_AT_ONCE, async (row) => {
      const other = others.get(row.id);
      const [ours, theirs] = await Promise.all([
        summed(options, source, row, () => tally.tasks++),
        other && summed(options, target, other),
      ]);
      tally.checklists++;
      const equal = theirs && ours.tasks === theirs.tasks && ours.checksum === theirs.checksum;
      if (!equal) tell({ checklist: row.id, source: ours, ...(theirs && { target: theirs }) });
    });
    after = page.next;
  } while (after !== undefined);
}

async function compareDefaultOwners(
  options: CompareOptions,
  tell: (found: Difference) => void,
): Promise<void> {
  const [ours, theirs] = await Promise.all(
    [options.source, options.target].map((store) => patiently(options, () => store.defaultOwner())),
  );
  if (ours !== theirs) tell({ record: "the default owner of lists" });
}

async function compareRecords(options: CompareOptions, tell: (found: Difference) => void): Promise<void> {
  const { source, target, clock } = options;
  const now = clock.now();
  for (const [one, other] of [
    [source, target],
    [target, source],
  ] as const) {
    let after: string | undefined;
    do {
      const page = await patiently(options, () => one.recordsAfter(after, COPY_PAGE_ROWS, now));
      const there = await patiently(options, () => other.recordsNamed(page.items, now));
      for (const row of page.items) {
        const found = there.get(recordName(row));
        // What both have, and differs, is told once.
        if (!found || (one === source && recordText(found) !== recordText(row)))
          tell({ record: recordName(row) });
      }
      after = page.next;
    } while (after !== undefined);
  }
}

async function findExtraLists(options: CompareOptions, tell: (found: Difference) => void): Promise<void> {
  const { source, target } = options;
  let after: string | undefined;
  do {
    const page = await patiently(options, () => target.checklistsAfter(after, COPY_PAGE_ROWS));
    const known = await patiently(options, () => source.checklistsById(page.items.map(({ id }) => id)));
    for (const row of page.items) {
      if (known.has(row.id)) continue;
      const theirs = await summed(options, target, row);
      if (!isFreshInbox(row, theirs)) tell({ checklist: row.id, target: theirs });
    }
    after = page.next;
  } while (after !== undefined);
}

/** Every store of ours has one; a source without one has no inbox to compare. */
function isFreshInbox({ id, version }: Checklist, { tasks }: Summed): boolean {
  return id === INBOX_ID && version === 1 && tasks === 0;
}

async function summed(
  options: CompareOptions,
  store: RowReader,
  row: KeptChecklist,
  seen: () => void = () => undefined,
): Promise<Summed> {
  const checksum = options.newChecksum();
  checksum.add(checklistText(row));
  let tasks = 0;
  let after: string | undefined;
  do {
    const page = await patiently(options, () => store.tasksAfter(row.id, after, COPY_PAGE_ROWS));
    for (const task of page.items) {
      checksum.add(taskText(task));
      tasks++;
      seen();
    }
    after = page.next;
  } while (after !== undefined);
  return { tasks, checksum: checksum.end() };
}
