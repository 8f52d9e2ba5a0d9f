// `npm test`: every check. `--quick`: the fast ones, for use while editing. `--nightly`: at full size. `--only NAME`:
// one of them; it may be given more than once.
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { acceptanceOnCassandra } from "./checks/acceptance-cassandra.ts";
import { acceptanceOnKeyspaces } from "./checks/acceptance-keyspaces.ts";
import { commandStep } from "./checks/command.ts";
import {
  clusterTestGroups,
  lanesWanted,
  otherTestGroups,
  PROCESSES_OF_LANES,
  quickTestGroups,
} from "./checks/groups.ts";
import { journey } from "./checks/journey.ts";
import { openApiLint } from "./checks/openapi-lint.ts";
import { fetchedParts } from "./checks/parts.ts";
import { runSteps, summary } from "./checks/runner.ts";
import { schemathesis, schemathesisOnCassandra, schemathesisWithAccounts } from "./checks/schemathesis.ts";
import type { Step } from "./checks/step.ts";
import { templateLint } from "./checks/templates/lint.ts";

/** The executable, which the tests need. */
const BUILD: Step = commandStep("build", "bun", "scripts/build.ts");
const SOURCES: readonly Step[] = [
  commandStep("types", "tsc", "--noEmit"),
  commandStep("types of the page", "tsc", "--noEmit", "-p", "src/adapters/ui"),
  commandStep("format and lint", "biome", "check", "--error-on-warnings", "."),
  commandStep("dead code", "knip-bun", "--no-progress"),
];
/**
 * Each stage waits for the one before. Within a stage, the slower of the two lanes decides. Beside three nodes, which
 * come first, nothing that depends on time runs, so that comes last in its lane.
 */
const STAGES: readonly (readonly Step[])[] = [
  [BUILD, fetchedParts],
  [
    ...[...clusterTestGroups, acceptanceOnCassandra, schemathesisOnCassandra, acceptanceOnKeyspaces, journey],
    ...[...SOURCES, templateLint, openApiLint, schemathesis, schemathesisWithAccounts, ...otherTestGroups],
  ],
];

const { values: flags } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    nightly: { type: "boolean", default: false },
    only: { type: "string", multiple: true, default: [] },
  },
});
const stages = flags.quick ? [[BUILD], [...SOURCES, ...quickTestGroups]] : STAGES;
const chosen = stages.map((stage) =>
  stage.filter(({ name }) => flags.only.length === 0 || flags.only.includes(name)),
);
const names = stages.flat().map(({ name }) => name);
const unknown = flags.only.find((name) => !names.includes(name));
if (unknown !== undefined) {
  console.error(`No step is named ${unknown}. The steps are: ${names.join(", ")}.`);
  process.exit(2);
}
const lanes = lanesWanted();
const context = {
  root: join(import.meta.dir, ".."),
  nightly: flags.nightly,
  ci: process.env.CI === "true",
  processes: lanes === 1 ? 1 : PROCESSES_OF_LANES,
};
const before = processorMs();
const total = await runSteps(chosen, context, (line) => console.log(line), lanes);
const after = processorMs();
const busy = (100 * (after.busy - before.busy)) / (after.all - before.all);
console.log(
  `In ${Math.round(performance.now() / 1_000)} s, the processors were busy ${Math.round(busy)} % of the time.`,
);
console.log(summary(total));
process.exit(total.failed > 0 ? 1 : 0);

/** Of the whole machine, since it started: waiting is not working. */
function processorMs(): { readonly busy: number; readonly all: number } {
  const times = cpus().map((cpu) => cpu.times);
  const all = times.flatMap((each) => Object.values(each)).reduce((sum, ms) => sum + ms, 0);
  return { busy: all - times.reduce((sum, { idle }) => sum + idle, 0), all };
}
