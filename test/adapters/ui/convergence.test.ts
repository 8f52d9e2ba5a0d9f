import { afterAll, beforeAll, expect, test } from "bun:test";
import type { TaskRow, Workspace } from "../../../src/adapters/ui/workspace/types.ts";
import { seededRandom } from "../../support/random.ts";
import { type Service, startService } from "../../support/service.ts";
import { FULL_SIZE, note } from "../../support/size.ts";
import { Deeds } from "./deeds.ts";
import { Ledger } from "./ledger.ts";
import { Editor } from "./offline-script.ts";
import { made, type ServedTask, servedTasks } from "./served.ts";
import { until } from "./until.ts";

const SCRIPTS = FULL_SIZE ? 200 : 30;
/** Tasks of each list that both know from the start. */
const SHARED = 2;
const FIRST_SEED = Number(process.env.TODOS_TEST_SEED ?? 1);

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service[Symbol.asyncDispose]());

/** What a person sees of a task. */
function picture({ id, todo, status, priority, description, dueDate, labels, rank }: Partial<TaskRow>) {
  return { id, todo, status, priority, description, dueDate, labels, rank };
}

function inOrder(rows: readonly ServedTask[]): readonly ServedTask[] {
  const keyed = rows.map((row) => [`${row.rank} ${row.id}`, row] as const);
  return keyed.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

/** A list with some tasks. */
async function madeList(name: string, ledger: Ledger): Promise<string> {
  const id = await made(service, "/checklists", { name });
  for (let i = 0; i < SHARED; i++) {
    const todo = ledger.text("Both");
    ledger.wrote([todo], [], true);
    await made(service, `/tasks?checklist=${id}`, { todo });
  }
  return id;
}

/** Both make edits that the other one can't see, then meet. */
async function play(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const ledger = new Ledger();
  const deeds = new Deeds();
  const lists = [await madeList(`First of ${seed}`, ledger), await madeList(`Second of ${seed}`, ledger)];
  const editors = [
    new Editor("A", service.url, random, ledger, deeds),
    new Editor("B", service.url, random, ledger, deeds),
  ];
  const knowsLists = ({ lists: known }: Workspace) =>
    lists.every((list) => known.value.find(({ id }) => id === list)?.open === SHARED);
  for (const { workspace } of editors) await until(() => knowsLists(workspace));
  for (let round = 0; round < 2; round++) {
    for (const editor of editors) {
      if (random.below(4) > 0) editor.browser.cut();
      editor.endanger(random.below(2));
      await editor.edit();
    }
    for (const editor of editors) if (random.below(2) === 0) editor.browser.restore();
  }
  // One decides after the other, and what the second one decides may be news to the first one.
  for (const editor of [...editors, ...editors]) await editor.finish();
  const expected: (readonly ServedTask[])[] = [];
  for (const list of lists) expected.push(inOrder(await servedTasks(service, list)));
  for (const { workspace } of editors) {
    const shown = () => lists.map((list) => workspace.tasksOf(list).value.map(picture));
    const wanted = JSON.stringify(expected.map((rows) => rows.map(picture)));
    await until(() => JSON.stringify(shown()) === wanted, "what is shown is what is served").catch(
      (error: unknown) => {
        expect(shown()).toEqual(JSON.parse(wanted));
        throw error;
      },
    );
  }
  expect(ledger.lost(expected.flat())).toEqual([]);
  const ended = expected.flatMap((rows, at) =>
    rows.map(({ id, status }) => ({ id, status, list: lists[at] })),
  );
  const idOf = (author: string, key: string) =>
    editors.find(({ name }) => name === author)?.workspace.task(key).value?.id;
  expect(deeds.contradicted(ended, idOf)).toEqual([]);
  await Promise.all(editors.map((editor) => editor.close()));
  for (const list of lists) await fetch(`${service.url}/checklists/${list}`, { method: "DELETE" });
}

test(`${SCRIPTS} scripts of edits on two browsers, cut off and killed, end equal to the service; nothing is lost`, async () => {
  const startMs = performance.now();
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SCRIPTS; seed++) {
    await play(seed).catch((error: unknown) => {
      throw new Error(`with TODOS_TEST_SEED=${seed}`, { cause: error });
    });
  }
  note(`${SCRIPTS} scripts on two offline browsers: ${((performance.now() - startMs) / 1_000).toFixed(1)} s`);
}, 600_000);
