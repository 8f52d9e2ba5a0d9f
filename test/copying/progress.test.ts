import { expect, test } from "bun:test";
import type { CopyStep } from "../../src/application/copy.ts";
import { Progress } from "../../src/commands/copy/progress.ts";
import type { Output } from "../../src/commands/support/command.ts";

/** Keeps what is written, and reports when something matches. */
function kept(
  isTerminal: boolean,
): Output & { readonly text: () => string; matching(what: RegExp): Promise<string> } {
  let text = "";
  const waiting: { what: RegExp; found: (text: string) => void }[] = [];
  return {
    isTerminal,
    colors: false,
    text: () => text,
    write: (more) => {
      text += more;
      for (const { what, found } of waiting) if (what.test(text)) found(text);
    },
    matching: (what) => new Promise((found) => waiting.push({ what, found })),
  };
}

function copying(): Extract<CopyStep, { step: "copying" }> & { tally: { tasks: number; written: number } } {
  return { step: "copying", round: 1, tally: { checklists: 0, tasks: 0, written: 0, removed: 0, keys: 0 } };
}

test("on a terminal: one line that is overwritten, with share, rate and time left", async () => {
  const [stdout, stderr] = [kept(false), kept(true)];
  {
    using progress = new Progress({ has: () => false, stdout, stderr });
    progress.expect({ checklists: 0, tasks: 10_000 });
    const step = copying();
    progress.step(step);
    step.tally.tasks = 2_500;
    step.tally.written = 1_200;
    await stderr.matching(
      /copying: 2,500 of 10,000 rows \(25 %\), 1,200 written, 0 removed, [\d,]+\/s, \d+ s left/,
    );
  }
  expect(stderr.text()).not.toContain("\n");
  expect(stderr.text()).toEndWith("\r\x1b[K");
  expect(stdout.text()).toBe("");
});

test("--json: one event per line on standard output, without a total if none is known", async () => {
  const [stdout, stderr] = [kept(false), kept(true)];
  using progress = new Progress({ has: (option) => option === "json", stdout, stderr });
  progress.expect(undefined);
  const step = copying();
  progress.step(step);
  step.tally.tasks = 10;
  const event = JSON.parse(await stdout.matching(/\n/));
  expect(event).toEqual({
    event: "progress",
    step: "copying",
    round: 1,
    rows: 10,
    written: 0,
    removed: 0,
    rate: expect.any(Number),
  });
  expect(stderr.text()).toBe("");
});
