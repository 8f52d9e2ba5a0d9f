import { INBOX_ID } from "../../domain/checklist.ts";
import type { Clock } from "../ports.ts";
import { differences } from "./differences.ts";
import {
  COPY_PAGE_ROWS,
  type KeptChecklist,
  type KeptRecord,
  type RowChange,
  type RowReader,
  type RowWriter,
  recordName,
} from "./ports.ts";
import { checklistText, recordText, taskText } from "./rows.ts";
import { boundedly, patiently, type WorkSurroundings } from "./work.ts";

/** Checklists copied in parallel. A copy holds one page per checklist and side in memory, nothing more. */
export const CHECKLISTS_AT_ONCE = 8;

/** What a pass has done so far. */
export interface PassTally {
  /** Checklists and tasks of the source that were compared. */
  checklists: number;
  tasks: number;
  /** Rows put into the target, new or changed, and rows removed from it. */
  written: number;
  removed: number;
  /** Answers of idempotency keys that were new. */
  keys: number;
}

export interface PassOptions extends WorkSurroundings {
  readonly source: RowReader;
  readonly target: RowWriter;
  readonly clock: Clock;
  readonly tally: PassTally;
}

/**
 * Makes the target equal to the source: reads both and writes only the differences, so that continuing
 * after a crash is the same as starting. Rows that change meanwhile are left to the next pass.
 */
export async function pass(options: PassOptions): Promise<void> {
  await bringDefaultOwner(options);
  await bringChecklists(options);
  await removeChecklists(options);
  await bringRecords(options);
  await removeRecords(options);
  await bringReceipts(options);
}

async function bringChecklists(options: PassOptions): Promise<void> {
  const { source, target, tally } = options;
  let after: string | undefined;
  do {
    const page = await patiently(options, () => source.checklistsAfter(after, COPY_PAGE_ROWS));
    const there = await patiently(options, () => target.checklistsById(page.items.map(({ id }) => id)));
    const changes = page.items.flatMap((row) => change(there.get(row.id), row));
    // Before its tasks: without the list's row, its tasks could never be found again.
    await put(options, changes, (each) => target.putChecklists(each));
    await boundedly(page.items, CHECKLISTS_AT_ONCE, async ({ id }) => {
      await bringTasks(options, id, !there.has(id));
      tally.checklists++;
    });
    after = page.next;
  } while (after !== undefined);
}

function change(before: KeptChecklist | undefined, after: KeptChecklist): RowChange<KeptChecklist>[] {
  if (before && checklistText(before) === checklistText(after)) return [];
  return [before ? { before, after } : { after }];
}

/** @param isNew the target did not have the list, and so none of its tasks */
async function bringTasks(options: PassOptions, id: string, isNew: boolean): Promise<void> {
  const { source, target, tally } = options;
  const read = (from: RowReader) => (after: string | undefined) =>
    patiently(options, () => from.tasksAfter(id, after, COPY_PAGE_ROWS));
  const found = differences(
    read(source),
    isNew ? async () => ({ items: [] }) : read(target),
    taskText,
    COPY_PAGE_ROWS,
    (rows) => {
      tally.tasks += rows;
    },
  );
  for await (const changes of found) await put(options, changes, (each) => target.putTasks(id, each));
}

/** Removes lists that the source no longer has, tasks first. */
async function removeChecklists(options: PassOptions): Promise<void> {
  const { source, target } = options;
  let after: string | undefined;
  do {
    const page = await patiently(options, () => target.checklistsAfter(after, COPY_PAGE_ROWS));
    const there = await patiently(options, () => source.checklistsById(page.items.map(({ id }) => id)));
    const gone = page.items.filter(({ id }) => id !== INBOX_ID && !there.has(id));
    await boundedly(gone, CHECKLISTS_AT_ONCE, (row) => removeChecklist(options, row));
    after = page.next;
  } while (after !== undefined);
}

async function removeChecklist(options: PassOptions, row: KeptChecklist): Promise<void> {
  const { target } = options;
  for (;;) {
    const { items } = await patiently(options, () => target.tasksAfter(row.id, undefined, COPY_PAGE_ROWS));
    if (items.length === 0) break;
    const changes = items.map((before) => ({ before }));
    await put(options, changes, (each) => target.putTasks(row.id, each));
  }
  await put(options, [{ before: row }], (each) => target.putChecklists(each));
}

/** Before the lists that are this user's. */
async function bringDefaultOwner(options: PassOptions): Promise<void> {
  const { source, target } = options;
  const userId = await patiently(options, () => source.defaultOwner());
  if (userId !== undefined) await patiently(options, () => target.putDefaultOwner(userId));
}

async function bringRecords(options: PassOptions): Promise<void> {
  const { source, target, clock } = options;
  let after: string | undefined;
  do {
    const now = clock.now();
    const page = await patiently(options, () => source.recordsAfter(after, COPY_PAGE_ROWS, now));
    const there = await patiently(options, () => target.recordsNamed(page.items, now));
    const changes = page.items.flatMap((row): RowChange<KeptRecord>[] => {
      const before = there.get(recordName(row));
      if (before && recordText(before) === recordText(row)) return [];
      return [before ? { before, after: row } : { after: row }];
    });
    await put(options, changes, (each) => target.putRecords(each, now));
    after = page.next;
  } while (after !== undefined);
}

/** Those that the source no longer has: a session that has ended must not come back. */
async function removeRecords(options: PassOptions): Promise<void> {
  const { source, target, clock } = options;
  let after: string | undefined;
  do {
    const now = clock.now();
    const page = await patiently(options, () => target.recordsAfter(after, COPY_PAGE_ROWS, now));
    const there = await patiently(options, () => source.recordsNamed(page.items, now));
    const gone = page.items.filter((row) => !there.has(recordName(row))).map((before) => ({ before }));
    await put(options, gone, (each) => target.putRecords(each, now));
    after = page.next;
  } while (after !== undefined);
}

async function bringReceipts(options: PassOptions): Promise<void> {
  const { source, target, clock, tally } = options;
  let after: string | undefined;
  do {
    const now = clock.now();
    const page = await patiently(options, () => source.receiptsAfter(after, COPY_PAGE_ROWS, now));
    tally.keys += await patiently(options, () => target.putReceipts(page.items, now));
    after = page.next;
  } while (after !== undefined);
}

async function put<T>(
  options: PassOptions,
  changes: readonly RowChange<T>[],
  write: (changes: readonly RowChange<T>[]) => Promise<void>,
): Promise<void> {
  if (changes.length === 0) return;
  await patiently(options, () => write(changes));
  const removed = changes.filter(({ after }) => after === undefined).length;
  options.tally.removed += removed;
  options.tally.written += changes.length - removed;
}
