import {
  type Counts,
  FAILED,
  type FileTime,
  type Lane,
  type Outcome,
  SKIPPED,
  type Step,
  type StepContext,
} from "./step.ts";

const NOTHING: Counts = { passed: 0, failed: 0, skipped: 0 };

/** Number of test files that are listed with their times at the end. */
const SLOW_FILES_SHOWN = 15;

const LANES: readonly Lane[] = ["clusters", "others"];
/** A step that measures time gets ten times as much of a processor as one beside it that does not. */
const NICENESS = 10;

/**
 * Runs each stage to its end before the next. With two lanes, the steps of either lane run in order beside those of the
 * other one, except that two that are timed never run side by side; with one, all run in order. Each is reported as it
 * ends.
 */
export async function runSteps(
  stages: readonly (readonly Step[])[],
  context: StepContext,
  say: (line: string) => void,
  lanes: 1 | 2 = 1,
): Promise<Counts> {
  const times: FileTime[] = [];
  let total = NOTHING;
  let timedBefore: Promise<void> = Promise.resolve();
  const take = async (step: Step) => {
    const started = Bun.nanoseconds();
    const niceness = lanes === 1 || step.timed ? 0 : NICENESS;
    let processorSeconds = 0;
    const onProcessorTime = (seconds: number) => {
      processorSeconds += seconds;
    };
    const outcome = await outcomeOf(step, { ...context, niceness, onProcessorTime });
    total = sum(total, outcome);
    times.push(...(outcome.times ?? []));
    tell(step, outcome, { seconds: (Bun.nanoseconds() - started) / 1e9, processorSeconds }, say);
  };
  const takeInTurn = (step: Step) => {
    timedBefore = timedBefore.then(() => take(step));
    return timedBefore;
  };
  for (const stage of stages) {
    const inOrder = async (steps: readonly Step[]) => {
      for (const step of steps) await (step.timed ? takeInTurn(step) : take(step));
    };
    await Promise.all(lanes === 1 ? [inOrder(stage)] : LANES.map((lane) => inOrder(ofLane(stage, lane))));
  }
  if (times.length > 0) say(slowest(times));
  return total;
}

function ofLane(steps: readonly Step[], wanted: Lane): readonly Step[] {
  return steps.filter(({ lane = "others" }) => lane === wanted);
}

function slowest(times: readonly FileTime[]): string {
  const shown = times.toSorted((a, b) => b.seconds - a.seconds).slice(0, SLOW_FILES_SHOWN);
  const lines = shown.map(({ file, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${file}`);
  return ["The slowest test files:", ...lines].join("\n");
}

/** `12 passed, 0 failed`, and the number of skipped ones, if any. */
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

interface Spent {
  readonly seconds: number;
  readonly processorSeconds: number;
}

function tell(
  step: Step,
  outcome: Outcome,
  { seconds, processorSeconds }: Spent,
  say: (line: string) => void,
): void {
  const word = outcome.failed > 0 ? "FAILED" : outcome.passed > 0 ? "ok" : "skipped";
  const counted = outcome.passed + outcome.failed > 1 ? ` (${summary(outcome)})` : "";
  const ofProcessor = processorSeconds === 0 ? "" : ` (${processorSeconds.toFixed(1)} s of a processor)`;
  say(`${word.padEnd(8)}${step.name}${counted}, ${seconds.toFixed(1)} s${ofProcessor}`);
  for (const note of outcome.notes ?? []) say(`        ${note}`);
  for (const skip of outcome.skips ?? []) say(`        skipped: ${skip}`);
  if (outcome.failed > 0 && outcome.output !== "") say(outcome.output.trimEnd());
}

function sum(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}
