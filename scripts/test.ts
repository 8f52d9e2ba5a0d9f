// `npm test`: every check. `--nightly`: at full size. `--only NAME`: one of them.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { acceptanceOnCassandra } from "./checks/acceptance-cassandra.ts";
import { acceptanceOnKeyspaces } from "./checks/acceptance-keyspaces.ts";
import { bunTests } from "./checks/bun-tests.ts";
import { commandStep } from "./checks/command.ts";
import { journey } from "./checks/journey.ts";
import { openApiLint } from "./checks/openapi-lint.ts";
import { fetchedParts } from "./checks/parts.ts";
import { runSteps, summary } from "./checks/runner.ts";
import { schemathesis } from "./checks/schemathesis.ts";
import type { Step } from "./checks/step.ts";
import { templateLint } from "./checks/templates/lint.ts";

const STEPS: readonly Step[] = [
  commandStep("format and lint", "biome", "check", "--error-on-warnings", "."),
  commandStep("types", "tsc", "--noEmit"),
  commandStep("dead code", "knip-bun", "--no-progress"),
  commandStep("build", "bun", "scripts/build.ts"),
  openApiLint,
  fetchedParts,
  templateLint,
  bunTests,
  journey,
  schemathesis,
  acceptanceOnCassandra,
  acceptanceOnKeyspaces,
];

const { values: flags } = parseArgs({
  options: { nightly: { type: "boolean", default: false }, only: { type: "string" } },
});
const steps = STEPS.filter(({ name }) => flags.only === undefined || name === flags.only);
if (steps.length === 0) {
  console.error(`No step is named ${flags.only}; there are: ${STEPS.map(({ name }) => name).join(", ")}.`);
  process.exit(2);
}
const context = {
  root: join(import.meta.dir, ".."),
  nightly: flags.nightly,
  ci: process.env.CI === "true",
};
const total = await runSteps(steps, context, (line) => console.log(line));
console.log(summary(total));
process.exit(total.failed > 0 ? 1 : 0);
