import { type Counts, FAILED, type Outcome, SKIPPED, type Step, type StepContext } from "./step.ts";

const NOTHING: Counts = { passed: 0, failed: 0, skipped: 0 };

/** Runs the steps one after the other, each to its end, and tells what happened as it happens. */
export async function runSteps(
  steps: readonly Step[],
  context: StepContext,
  say: (line: string) => void,
): Promise<Counts> {
  let total = NOTHING;
  for (const step of steps) {
    const started = Bun.nanoseconds();
    const outcome = await outcomeOf(step, context);
    total = sum(total, outcome);
    tell(step, outcome, (Bun.nanoseconds() - started) / 1e9, say);
  }
  return total;
}

/** `12 passed, 0 failed`, and how many were skipped where any was. */
export function summary({ passed, failed, skipped }: Counts): string {
  const counted = `${passed} passed, ${failed} failed`;
  return skipped === 0 ? counted : `${counted}, ${skipped} skipped`;
}

async function outcomeOf(step: Step, context: StepContext): Promise<Outcome> {
  try {
    const lack = await step.needs?.(context);
    if (lack === undefined) return await step.run(context);
    const counts = context.ci && step.required ? FAILED : SKIPPED;
    return { ...counts, output: "", skips: [`${step.name}: ${lack}`] };
  } catch (error) {
    return { ...FAILED, output: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

function tell(step: Step, outcome: Outcome, seconds: number, say: (line: string) => void): void {
  const word = outcome.failed > 0 ? "FAILED" : outcome.passed > 0 ? "ok" : "skipped";
  const counted = outcome.passed + outcome.failed > 1 ? ` (${summary(outcome)})` : "";
  say(`${word.padEnd(8)}${step.name}${counted}, ${seconds.toFixed(1)} s`);
  for (const note of outcome.notes ?? []) say(`        ${note}`);
  for (const skip of outcome.skips ?? []) say(`        skipped: ${skip}`);
  if (outcome.failed > 0 && outcome.output !== "") say(outcome.output.trimEnd());
}

function sum(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}
