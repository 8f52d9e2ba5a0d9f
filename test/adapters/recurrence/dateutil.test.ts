import { expect, test } from "bun:test";
import { join } from "node:path";
import { AWS_REQUIREMENTS, pythonLack, pythonTool } from "../../../scripts/checks/python.ts";
import { loadRecurrenceDates } from "../../../src/adapters/recurrence/load.ts";
import { nextOccurrence } from "../../../src/application/recurrence.ts";
import { isRule, readRepeat } from "../../../src/domain/recurrence.ts";
import { ROOT } from "../../support/binary.ts";
import { seededRandom } from "../../support/random.ts";
import { FULL_SIZE, note } from "../../support/size.ts";
import { type Case, randomCase, writtenCases } from "./cases.ts";

const SEED = 20_261_129;
const RANDOM_CASES = FULL_SIZE ? 5_000 : 400;
/** The first test that needs this environment of Python installs it. */
const DEADLINE_MS = 600_000;

/** What a next task has: its due date, and the COUNT of its rule. */
interface Next {
  readonly dueDate: string;
  readonly count: number | null;
}

const lack = pythonLack();
const withPython = lack === undefined || process.env.CI === "true";
const title = "series of tasks are those of python-dateutil";

test.skipIf(!withPython)(
  withPython ? title : `${title} (${lack})`,
  async () => {
    const random = seededRandom(SEED);
    const cases = [...writtenCases(), ...Array.from({ length: RANDOM_CASES }, () => randomCase(random))];
    const theirs = await successorsByDateutil(cases);
    const different: unknown[] = [];
    for (const [index, one] of cases.entries()) {
      const ours = await successors(one);
      if (!Bun.deepEquals(ours, theirs[index])) different.push({ ...one, ours, theirs: theirs[index] });
    }
    expect(different).toEqual([]);
    const completions = theirs.flat().length;
    // Cases that end at once would prove little.
    expect(completions).toBeGreaterThan(cases.length);
    note(`${cases.length} recurrence cases (${completions} next dates) equal to python-dateutil`);
  },
  DEADLINE_MS,
);

/** The next tasks of a series, each made from the one before; fewer than completions if it ends. */
async function successors({ completedOn, ...first }: Case): Promise<readonly Next[]> {
  const found: Next[] = [];
  let series = first;
  for (const today of completedOn) {
    const next = await nextOccurrence(loadRecurrenceDates, series, today);
    if (!next) break;
    const rule = readRepeat(next.repeat);
    found.push({ dueDate: next.dueDate, count: (isRule(rule) && rule.count) || null });
    series = { ...series, ...next };
  }
  return found;
}

/** All cases in one process; @throws Error with what Python printed */
async function successorsByDateutil(cases: readonly Case[]): Promise<readonly (readonly Next[])[]> {
  const python = await pythonTool({ root: ROOT, nightly: false }, "python", AWS_REQUIREMENTS);
  const child = Bun.spawn([python, join(import.meta.dir, "dateutil_series.py")], {
    stdin: new Blob([JSON.stringify(cases)]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [output, errors] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if ((await child.exited) !== 0) throw new Error(`python-dateutil failed:\n${errors}`);
  return JSON.parse(output);
}
