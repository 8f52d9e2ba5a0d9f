import { afterAll, beforeAll, expect, test } from "bun:test";
import { openCassandraStore } from "../../../src/adapters/cassandra/store.ts";
import { AGENDA_CHECKLISTS_MAX } from "../../../src/application/agenda.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import { changeTask, createChecklist } from "../../../src/application/commands.ts";
import { boundedly } from "../../../src/application/copy/work.ts";
import type { Store } from "../../../src/application/store.ts";
import { newChecklist } from "../../../src/domain/checklist.ts";
import { TodosError } from "../../../src/domain/errors.ts";
import { UNGUARDED } from "../../../src/domain/version.ts";
import { writeRows } from "../../support/cassandra/bulk.ts";
import { freshKeyspace, type Keyspace } from "../../support/cassandra/keyspace.ts";
import { CASSANDRA_START_DEADLINE_MS, sharedCassandra } from "../../support/cassandra/shared.ts";
import { FULL_SIZE, note } from "../../support/size.ts";
import { KeptLog, KeptMeter } from "../sqlite/support.ts";

const UNTIL = "2026-01-01";
const LATER = "2027-01-01";
const DUE = 50;
/** The inbox is one more. */
const LISTS = (FULL_SIZE ? AGENDA_CHECKLISTS_MAX : 100) - 1;
const [FEW, MANY] = FULL_SIZE ? [10_000, 1_000_000] : [500, 4_000];
/** By the issue of the agenda: what is not due costs nothing. Asserted at full size, where noise is small beside it. */
const RATIO_MAX = 1.5;
const PAGES = FULL_SIZE ? 15 : 5;
const COMPLETIONS = FULL_SIZE ? 10_000 : 200;
const PARTS = 4;
const COMPLETED_AT_ONCE = 32;
const DEADLINE_MS = FULL_SIZE ? 1_800_000 : 240_000;

const TASK = `INSERT INTO todo (checklist_id, id, task, status, due_date, created_at, updated_at, version)
  VALUES (?, ?, 'x', ?, ?, ?, ?, 1)`;
const ENTRY = "INSERT INTO task_due (checklist_id, due_date, task_id, version) VALUES (?, ?, ?, 1)";
const LIST = "INSERT INTO checklist (id, name, created_at, version) VALUES (?, 'x', ?, 1)";

interface Opened extends AsyncDisposable {
  readonly keyspace: Keyspace;
  readonly store: Store;
  readonly meter: KeptMeter;
}

const opened: Opened[] = [];

beforeAll(async () => {
  for (let at = 0; at < 2; at++) opened.push(await open());
}, CASSANDRA_START_DEADLINE_MS);
afterAll(async () => {
  for (const each of opened) await each[Symbol.asyncDispose]();
});

async function open(): Promise<Opened> {
  const keyspace = await freshKeyspace(await sharedCassandra());
  const meter = new KeptMeter();
  const { settings } = keyspace;
  const clock = { now: Date.now };
  const store = await openCassandraStore({ settings, log: new KeptLog(), meter, clock });
  const close = async () => {
    await store.close();
    await keyspace[Symbol.asyncDispose]();
  };
  return { keyspace, store, meter, [Symbol.asyncDispose]: close };
}

interface Dated {
  readonly list: string;
  readonly id: string;
  readonly status: "pending" | "completed";
  readonly dueDate: string | null;
}

/** Tasks as the store writes them, with their entries in the table of due dates. */
async function stored({ client }: Keyspace, tasks: readonly Dated[]): Promise<void> {
  const now = new Date();
  const row = ({ list, id, status, dueDate }: Dated) => [list, id, status, dueDate, now, now];
  const entry = ({ list, id, dueDate }: Dated) => [list, dueDate, id];
  const ofLists = (some: readonly Dated[]) => [...Map.groupBy(some, ({ list }) => list).values()];
  await writeRows(
    client,
    TASK,
    ofLists(tasks).map((all) => all.map(row)),
  );
  const dated = tasks.filter(({ status, dueDate }) => status === "pending" && dueDate !== null);
  await writeRows(
    client,
    ENTRY,
    ofLists(dated).map((all) => all.map(entry)),
  );
}

/** Every second task has a date, and 50 of them are due. */
async function fill({ keyspace }: Opened, count: number): Promise<void> {
  const lists = Array.from({ length: LISTS }, () => Bun.randomUUIDv7());
  await writeRows(
    keyspace.client,
    LIST,
    lists.map((id) => [[id, new Date()]]),
  );
  const tasks = Array.from({ length: count }, (_, n): Dated => {
    const isDue = n % (count / DUE) === 1;
    return {
      list: lists[n % LISTS] ?? "",
      id: Bun.randomUUIDv7(),
      status: n % 4 === 0 ? "completed" : "pending",
      dueDate: isDue ? UNTIL : n % 2 === 0 ? LATER : null,
    };
  });
  await stored(keyspace, tasks);
}

/** @returns how many it has, how long it took, and what it sent */
async function page({ store, meter }: Opened, limit: number, checklistId?: string) {
  const before = meter.statements.first;
  const startedAt = performance.now();
  const found = await store.listDue({ until: UNTIL, ...(checklistId && { checklistId }) }, limit);
  const tookMs = performance.now() - startedAt;
  return { tasks: found?.items.length, tookMs, statements: meter.statements.first - before };
}

/** Until the table is known to be complete, there is no agenda. */
async function agendaReady(of: Opened, checklistId?: string): Promise<void> {
  for (;;) {
    try {
      await page(of, 1, checklistId);
      return;
    } catch (error) {
      if (!(error instanceof TodosError) || error.code !== "store-unavailable") throw error;
      await Bun.sleep(100);
    }
  }
}

const median = (all: readonly number[]) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;

test(
  `a page of ${DUE} tasks that are due costs the same among ${FEW} and among ${MANY} stored in ${LISTS + 1} lists`,
  async () => {
    const [few, many] = opened as [Opened, Opened];
    await fill(few, FEW);
    await fill(many, MANY);
    for (const each of opened) await agendaReady(each);
    const took: { few: number[]; many: number[] } = { few: [], many: [] };
    const sent: { few: number[]; many: number[] } = { few: [], many: [] };
    // The first of each also reads what is asked only once.
    for (const each of opened) await page(each, DUE);
    for (let at = 0; at < PAGES; at++) {
      // Alternately, so that a busy moment of the machine meets both.
      const [one, other] = [await page(few, DUE), await page(many, DUE)];
      expect([one.tasks, other.tasks]).toEqual([DUE, DUE]);
      took.few.push(one.tookMs);
      took.many.push(other.tookMs);
      sent.few.push(one.statements);
      sent.many.push(other.statements);
    }
    // What a store does in the background now and then only adds to them.
    expect(Math.min(...sent.many)).toBe(Math.min(...sent.few));
    const ratio = median(took.many) / median(took.few);
    note(
      `agenda on Cassandra, ${DUE} due in ${LISTS + 1} lists: ${median(took.few).toFixed(0)} ms among ${FEW} stored, ${median(took.many).toFixed(0)} ms among ${MANY} (medians of ${PAGES} pages): ratio ${ratio.toFixed(2)}`,
    );
    if (FULL_SIZE) expect(ratio).toBeLessThan(RATIO_MAX);
  },
  DEADLINE_MS,
);

test(
  `after ${COMPLETIONS} tasks of a list were completed one by one, its agenda has and reads only the open one`,
  async () => {
    const [of] = opened as [Opened];
    const list = newChecklist(Bun.randomUUIDv7(), "Busy", Date.now());
    await of.store.write(createChecklist(ANYONE, list));
    const task = (): Dated => ({ list: list.id, id: Bun.randomUUIDv7(), status: "pending", dueDate: UNTIL });
    const tasks = Array.from({ length: COMPLETIONS }, task);
    await stored(of.keyspace, [...tasks, task()]);
    await agendaReady(of, list.id);
    const steps: string[] = [];
    const each = COMPLETIONS / PARTS;
    for (let at = 0; at < COMPLETIONS; at += each) {
      const edit = { change: { completed: true }, pinned: false };
      await boundedly(tasks.slice(at, at + each), COMPLETED_AT_ONCE, async ({ id }) => {
        const written = await of.store.write(changeTask(ANYONE, list.id, id, edit, UNGUARDED, Date.now()));
        expect(written.outcome).toBe("written");
      });
      const open = COMPLETIONS - at - each + 1;
      expect(await entriesOf(of.keyspace, list.id)).toBe(open);
      const tookMs: number[] = [];
      for (let n = 0; n < PAGES; n++) {
        const read = await page(of, 1, list.id);
        expect(read.tasks).toBe(1);
        tookMs.push(read.tookMs);
      }
      steps.push(`${median(tookMs).toFixed(1)} ms after ${at + each}`);
    }
    note(`agenda of a list on Cassandra while its tasks are completed one by one: ${steps.join(", ")}`);
  },
  DEADLINE_MS,
);

async function entriesOf({ client }: Keyspace, list: string): Promise<number> {
  const query = "SELECT count(*) FROM task_due WHERE checklist_id = ?";
  return Number((await client.execute(query, [list], { prepare: true })).first()?.count);
}
