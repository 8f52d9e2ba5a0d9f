import { join } from "node:path";
import { ran } from "../command.ts";
import { AWS_REQUIREMENTS, pythonLack, pythonTool } from "../python.ts";
import { FAILED, type Outcome, PASSED, type Step, type StepContext } from "../step.ts";
import { faultsIn } from "./rules.ts";

const FOLDER = "deploy";
/** The accepted findings of checkov, with reasons. */
const CHECKOV_SETTINGS = "deploy/rules/checkov.yaml";

/** Our own rules in cfn-guard's language. */
export const GUARD_RULES = "deploy/rules/todos.guard";
const GUARD_PROGRAM = "scripts/checks/templates/guard.py";

/**
 * The templates follow cfn-lint's rules, checkov's except for the listed exceptions, and our own, in cfn-guard's
 * language and in TypeScript.
 */
export const templateLint: Step = {
  name: "template lint",
  required: true,
  needs: pythonLack,
  async run(context): Promise<Outcome> {
    const files = await templatesIn(join(context.root, FOLDER));
    const { findings, checks, guarded } = await lint(context, files);
    const notes = [
      `${files.length} templates, ${checks} checks of checkov and ${guarded} of cfn-guard passed`,
    ];
    const fine = findings.length === 0 && files.length > 0 && checks > 0 && guarded > 0;
    return { ...(fine ? PASSED : FAILED), output: findings.join("\n"), notes };
  },
};

type Place = Pick<StepContext, "root" | "nightly">;

export interface Linted {
  /** One line per finding, starting with the tool. */
  readonly findings: readonly string[];
  /** Passed checks of checkov: none would mean that it has checked nothing. */
  readonly checks: number;
  /** The same of cfn-guard's rules. */
  readonly guarded: number;
}

/** @param files paths of templates */
export async function lint(place: Place, files: readonly string[]): Promise<Linted> {
  const own = await Promise.all(files.map(async (file) => faultsIn(await Bun.file(file).text())));
  const checkov = await checkovOn(place, files);
  const guard = await guardOn(place, files);
  return {
    findings: [
      ...own.flat().map((fault) => `todos: ${fault}`),
      ...(await cfnLintOn(place, files)),
      ...checkov.findings,
      ...guard.findings,
    ],
    checks: checkov.checks,
    guarded: guard.checks,
  };
}

export async function templatesIn(folder: string): Promise<string[]> {
  const names = await Array.fromAsync(new Bun.Glob("*.yaml").scan(folder));
  return names.sort().map((name) => join(folder, name));
}

async function cfnLintOn(place: Place, files: readonly string[]): Promise<string[]> {
  const program = await pythonTool(place, "cfn-lint", AWS_REQUIREMENTS);
  const { exitCode, output } = await ran(place, [program, "--format", "parseable", ...files]);
  if (exitCode === 0) return [];
  return output
    .trim()
    .split("\n")
    .map((line) => `cfn-lint: ${line}`);
}

interface CheckovReport {
  readonly results: {
    readonly failed_checks: readonly Readonly<Record<"check_id" | "check_name" | "resource", string>>[];
  };
  readonly summary: { readonly passed: number; readonly parsing_errors: number };
}

/** Of one tool. */
type Looked = Pick<Linted, "findings" | "checks">;

/** cfn-guard, through its Python binding: its program must be built from source. */
export async function guardOn(place: Place, files: readonly string[]): Promise<Looked> {
  const python = await pythonTool(place, "python", AWS_REQUIREMENTS);
  const { exitCode, output } = await ran(place, [python, GUARD_PROGRAM, GUARD_RULES, ...files]);
  if (exitCode !== 0) return { findings: [`cfn-guard: ${output}`], checks: 0 };
  const lines = output.trim().split("\n");
  const failed = lines.slice(0, -1);
  return {
    findings: failed.map((line) => `cfn-guard: ${line}`),
    checks: Number(lines.at(-1)),
  };
}

async function checkovOn(place: Place, files: readonly string[]): Promise<Looked> {
  const program = await pythonTool(place, "checkov", AWS_REQUIREMENTS);
  const settings = ["--config-file", CHECKOV_SETTINGS, "--output", "json"];
  const { output } = await ran(place, [program, ...settings, ...files.flatMap((file) => ["--file", file])]);
  const { results, summary }: CheckovReport = JSON.parse(output.slice(output.indexOf("{")));
  const findings = results.failed_checks.map(
    ({ check_id: id, check_name: name, resource }) => `checkov: ${id}: ${resource}: ${name}`,
  );
  const unread = summary.parsing_errors > 0 ? [`checkov: ${summary.parsing_errors} files can't be read`] : [];
  return { findings: [...findings, ...unread], checks: summary.passed };
}
