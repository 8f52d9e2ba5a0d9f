import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { ran } from "./command.ts";
import type { FileTime, Outcome, StepContext } from "./step.ts";

const REPORTS = ".cache/reports";
/** Generous: a deadline is there to end a hang, not to measure. */
const TEST_DEADLINE_MS = 120_000;

/**
 * Runs test files in one process and counts them test by test. In CI nothing may be skipped: the machine has
 * what the tests need.
 * @param files paths from the project's root
 * @param environment more variables for the tests
 * @param wrapper a program that runs the one it is given, with the words before that
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

/** How long the tests of each file took, without what was done before the first. @param xml a JUnit report */
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

/** Says in a test's name that it needs an unprivileged user, whom a CI machine may not have. */
const NOT_AS_ROOT = "(not as root)";
/** Says in a test's name that there is nothing of the kind on a cluster; on SQLite it does run. */
const SQLITE_ONLY = "(SQLite only)";

/** Says in a test's name that it passed before, and that nothing it looks at has changed since. */
const UNCHANGED = "(when the build changed)";
const REASONS = [NOT_AS_ROOT, SQLITE_ONLY, UNCHANGED];

/** @param counted from the report @param exitCode of `bun test` */
export function judged(counted: CountedTests, exitCode: number, output: string, ci: boolean): Outcome {
  const { passed, skippedNames } = counted;
  // A file that does not even load has no test case in the report.
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
 * The failed tests with what each printed, then the end of the output: a log may be cut anywhere, and what
 * failed must not be behind thousands of lines of what did not.
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

/** What tests have to say although all is well, as lines that begin with `note: `. */
function notesIn(output: string): readonly string[] {
  return output.split("\n").flatMap((line) => /^note: (.+)$/.exec(line)?.[1] ?? []);
}

function unescaped(text: string): string {
  const entities: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => entities[name] ?? "");
}
