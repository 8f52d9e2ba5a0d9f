// `npm test`: every check. `--quick`: the fast ones, for use while editing. `--nightly`: at full size. `--only NAME`:
// one of them.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { acceptanceOnCassandra } from "./checks/acceptance-cassandra.ts";
import { acceptanceOnKeyspaces } from "./checks/acceptance-keyspaces.ts";
import { commandStep } from "./checks/command.ts";
import { lanesWanted, quickTestGroups, testGroups } from "./checks/groups.ts";
import { journey } from "./checks/journey.ts";
import { openApiLint } from "./checks/openapi-lint.ts";
import { fetchedParts } from "./checks/parts.ts";
import { runSteps, summary } from "./checks/runner.ts";
import { schemathesis } from "./checks/schemathesis.ts";
import type { Step } from "./checks/step.ts";
import { templateLint } from "./checks/templates/lint.ts";

/** Steps that don't depend on others; the executable comes first, because the tests need it. */
const SOURCES: readonly Step[] = [
  commandStep("build", "bun", "scripts/build.ts"),
  commandStep("types", "tsc", "--noEmit"),
  commandStep("format and lint", "biome", "check", "--error-on-warnings", "."),
  commandStep("dead code", "knip-bun", "--no-progress"),
];
/** Steps that run the executable, or check the results of the build. */
const TESTS: readonly Step[] = [
  ...testGroups,
  acceptanceOnCassandra,
  acceptanceOnKeyspaces,
  journey,
  schemathesis,
  templateLint,
  openApiLint,
];

const { values: flags } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    nightly: { type: "boolean", default: false },
    only: { type: "string" },
  },
});
const stages = flags.quick ? [SOURCES, quickTestGroups] : [[...SOURCES, fetchedParts], TESTS];
const chosen = stages.map((stage) =>
  stage.filter(({ name }) => flags.only === undefined || name === flags.only),
);
if (chosen.flat().length === 0) {
  const names = stages.flat().map(({ name }) => name);
  console.error(`No step is named ${flags.only}. The steps are: ${names.join(", ")}.`);
  process.exit(2);
}
const context = {
  root: join(import.meta.dir, ".."),
  nightly: flags.nightly,
  ci: process.env.CI === "true",
};
const total = await runSteps(chosen, context, (line) => console.log(line), lanesWanted());
console.log(summary(total));
process.exit(total.failed > 0 ? 1 : 0);
