import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { ran } from "./command.ts";
import type { FileTime, Outcome, StepContext } from "./step.ts";

const REPORTS = ".cache/reports";
/** Generous: the deadline ends a hang, it does not measure. */
const TEST_DEADLINE_MS = 120_000;

/**
 * Runs test files in one process and counts them test by test. In CI nothing may be skipped: the machine has everything
 * that the tests need.
 * @param files paths from the project's root
 * @param environment additional variables for the tests
 * @param wrapper a program that runs the given one, with its first arguments
 */
export async function runTests(
  context: StepContext,
  files: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  wrapper: readonly string[] = [],
): Promise<Outcome> {
  if (files.length === 0) throw new Error("no test files");
  const folder = join(context.root, REPORTS);
  await mkdir(folder, { recursive: true });
  const report = join(folder, `${process.pid}-${Bun.nanoseconds()}.xml`);
  const reporter = ["--reporter=junit", `--reporter-outfile=${report}`];
  const paths = files.map((file) => `./${file}`);
  const argv = ["bun", "test", `--timeout=${TEST_DEADLINE_MS}`, ...reporter, ...paths];
  try {
    const { exitCode, output } = await ran(context, [...wrapper, ...argv], environment);
    const xml = (await Bun.file(report).exists()) ? await Bun.file(report).text() : "";
    return { ...judged(countedTests(xml), exitCode, output, context.ci), times: fileTimes(xml) };
  } finally {
    await rm(report, { force: true });
  }
}

/**
 * Runs each part in its own process, up to `context.processes` of them side by side.
 * @param parts files, as paths from the project's root
 */
export async function runTestsOfParts(
  context: StepContext,
  parts: readonly (readonly string[])[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const waiting = [...parts];
  const outcomes: Outcome[] = [];
  const worker = async () => {
    for (let files = waiting.shift(); files; files = waiting.shift()) {
      outcomes.push(await runTests(context, files, environment));
    }
  };
  await Promise.all(Array.from({ length: context.processes ?? 1 }, worker));
  return together(outcomes);
}

/** What several runs count as one. */
export function together(outcomes: readonly Outcome[]): Outcome {
  const sum = (count: (outcome: Outcome) => number) =>
    outcomes.reduce((total, each) => total + count(each), 0);
  return {
    passed: sum(({ passed }) => passed),
    failed: sum(({ failed }) => failed),
    skipped: sum(({ skipped }) => skipped),
    // A part without failures has nothing to show.
    output: outcomes.flatMap(({ failed, output }) => (failed > 0 ? [output] : [])).join("\n"),
    skips: outcomes.flatMap(({ skips = [] }) => skips),
    notes: outcomes.flatMap(({ notes = [] }) => notes),
    times: outcomes.flatMap(({ times = [] }) => times),
  };
}

/** How long the tests of each file took, without the set-up before the first. @param xml a JUnit report */
export function fileTimes(xml: string): readonly FileTime[] {
  return [...xml.matchAll(/<testsuite name="([^"]*)" file="([^"]*)"[^>]* time="([^"]*)"/g)]
    .filter(([, name, file]) => name === file)
    .map(([, , file = "", seconds]) => ({ file: unescaped(file), seconds: Number(seconds) }));
}

interface CountedTests {
  readonly passed: number;
  readonly failed: number;
  readonly skippedNames: readonly string[];
}

/** @param xml a JUnit report; an empty one counts nothing */
export function countedTests(xml: string): CountedTests {
  const cases = xml.match(/<testcase\b[^>]*\/>|<testcase\b[\s\S]*?<\/testcase>/g) ?? [];
  const failed = cases.filter((text) => /<(?:failure|error)\b/.test(text));
  const skipped = cases.filter((text) => /<skipped\b/.test(text));
  return {
    passed: cases.length - failed.length - skipped.length,
    failed: failed.length,
    skippedNames: skipped.map((text) => unescaped(/\bname="([^"]*)"/.exec(text)?.[1] ?? "unnamed test")),
  };
}

/** In a test's name: it needs an unprivileged user, which a CI machine may not have. */
const NOT_AS_ROOT = "(not as root)";
/** In a test's name: it does not apply to a cluster, and runs on SQLite. */
const SQLITE_ONLY = "(SQLite only)";

/** In a test's name: it passed before, and none of its inputs has changed since. */
const UNCHANGED = "(when the build changed)";
/** In a test's name: `npm run test:nightly` has it, and an ordinary run a smaller one. */
const FULL_SIZE = "(at full size)";
const REASONS = [NOT_AS_ROOT, SQLITE_ONLY, UNCHANGED, FULL_SIZE];

/** @param counted from the report @param exitCode of `bun test` */
export function judged(counted: CountedTests, exitCode: number, output: string, ci: boolean): Outcome {
  const { passed, skippedNames } = counted;
  // A file that fails to load has no test case in the report.
  const failed = exitCode !== 0 ? Math.max(counted.failed, 1) : counted.failed;
  const lacking = ci ? skippedNames.filter((name) => !REASONS.some((reason) => name.endsWith(reason))) : [];
  const skips = skippedNames.map((name) => (lacking.includes(name) ? `${name}, which fails in CI` : name));
  const skipped = skips.length - lacking.length;
  return {
    passed,
    failed: failed + lacking.length,
    skipped,
    output: failuresFirst(output),
    skips,
    notes: notesIn(output),
  };
}

const TEST_RESULT = /^\((?:pass|fail|skip|todo)\) /;
/** What a test prints before it fails can be long; its last lines say why it did. */
const FAILURE_LINES_MAX = 80;

/**
 * The failed tests with their output, then the end of the whole output: a log may be cut anywhere, and
 * failures must not come after thousands of lines of passed tests.
 */
export function failuresFirst(output: string): string {
  const failures: string[] = [];
  let sinceLastResult: string[] = [];
  const lines = output.trimEnd().split("\n");
  for (const line of lines) {
    sinceLastResult.push(line);
    if (!TEST_RESULT.test(line)) continue;
    if (line.startsWith("(fail)")) failures.push(...sinceLastResult.slice(-FAILURE_LINES_MAX));
    sinceLastResult = [];
  }
  const names = failures.filter((line) => line.startsWith("(fail)"));
  return [...names, "", ...failures, "", ...sinceLastResult.slice(-FAILURE_LINES_MAX)].join("\n");
}

/** What passing tests report, as lines that start with `note: `. */
function notesIn(output: string): readonly string[] {
  return output.split("\n").flatMap((line) => /^note: (.+)$/.exec(line)?.[1] ?? []);
}

function unescaped(text: string): string {
  const entities: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => entities[name] ?? "");
}
