import { totalmem } from "node:os";
import { runTests, runTestsOfParts } from "./bun-tests.ts";
import type { Step, StepContext } from "./step.ts";

/** Test files that one process runs after one another. */
interface TestGroup extends Pick<Step, "lane" | "timed"> {
  readonly name: string;
  /** Which files, as globs from the project's root. A file belongs to the first group that names it. */
  readonly files: readonly string[];
  /** Parts of it that may run side by side, each in its own process, as globs. What no part names is one more. */
  readonly parts?: readonly (readonly string[])[];
}

/**
 * All of test/, in groups of files that one process runs. Files that share a Cassandra node are in one group, so that
 * the node is started once. Those that depend on no time come first in their lane, beside the three nodes of the other.
 */
const TEST_GROUPS: readonly TestGroup[] = [
  { name: "tests of a cluster's faults", lane: "clusters", timed: true, files: ["test/faults/**"] },
  {
    name: "tests of the Cassandra adapter",
    lane: "clusters",
    files: [
      "test/adapters/cassandra/**",
      "test/contract/{cassandra,keyspaces,session}.test.ts",
      "test/copying/**",
      "test/commands/cassandra.test.ts",
      "test/acceptance/keyspaces.test.ts",
      "test/deploy/export.test.ts",
      "test/docs/readme.test.ts",
    ],
    // They wait more than they work: one after another they use a third of a processor. Every part has its own nodes.
    parts: [
      ["test/**/{keyspaces,*-keyspaces,keyspaces-support}.test.ts"],
      ["test/deploy/export.test.ts", "test/adapters/cassandra/{purge,tombstones,support}.test.ts"],
      ["test/adapters/cassandra/{migrations,opening}.test.ts", "test/{commands,copying,docs}/**"],
    ],
  },
  {
    name: "tests of images and builds",
    files: ["test/build/**", "test/adapters/oci/**"],
    parts: [["test/build/oci-image.test.ts"]],
  },
  {
    name: "tests of the deployment",
    files: [
      "test/deploy/**",
      "test/adapters/aws/**",
      "test/docs/deploy*",
      // Needs the same Python packages.
      "test/adapters/recurrence/dateutil.test.ts",
    ],
    // All of them wait for stacks most of the time.
    parts: [
      ["test/deploy/{sigkill,terminal}.test.ts"],
      ["test/deploy/{deploy,environments,failing,kill,network}.test.ts"],
    ],
  },
  {
    name: "tests of crashes and long runs",
    timed: true,
    files: ["test/acceptance/{crash,soak,raw-sockets}.test.ts"],
  },
  {
    name: "tests of the page",
    timed: true,
    files: ["test/acceptance/page/**", "test/adapters/ui/**"],
    // A browser waits a third of the time; each part has its own.
    parts: [["test/adapters/ui/**"], ["test/acceptance/page/{accounts,members,provider,together}.test.ts"]],
  },
  {
    name: "tests of the executable",
    timed: true,
    files: ["test/acceptance/**"],
    // None of them measures time.
    parts: [["test/acceptance/accounts/**"]],
  },
  { name: "tests of the parts", timed: true, files: ["test/**"] },
];

/** Fast enough to run after every edit. */
const QUICK = ["tests of the page", "tests of the executable", "tests of the parts"];

export const testGroups: readonly Step[] = TEST_GROUPS.map(({ files: _, parts, ...group }) => ({
  ...group,
  required: true,
  async run(context) {
    const files = (await groupedFiles(context.root)).get(group.name) ?? [];
    return parts ? await runTestsOfParts(context, partsOf(files, parts)) : await runTests(context, files);
  },
}));
export const clusterTestGroups: readonly Step[] = testGroups.filter(({ lane }) => lane === "clusters");
export const otherTestGroups: readonly Step[] = testGroups.filter(({ lane }) => lane !== "clusters");
export const quickTestGroups: readonly Step[] = testGroups.filter(({ name }) => QUICK.includes(name));

/** Every test file below `root`, by the name of its group. */
export async function groupedFiles(root: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const all = await Array.fromAsync(new Bun.Glob("test/**/*.test.{ts,tsx}").scan(root));
  return Map.groupBy(all.sort(), (file) => {
    const group = TEST_GROUPS.find(({ files }) => files.some((glob) => new Bun.Glob(glob).match(file)));
    if (!group) throw new Error(`${file} belongs to no group of tests.`);
    return group.name;
  });
}

/** The files by the first part that names them, and the rest. */
export function partsOf(
  files: readonly string[],
  parts: readonly (readonly string[])[],
): readonly (readonly string[])[] {
  const partOf = (file: string) =>
    parts.findIndex((globs) => globs.some((glob) => new Bun.Glob(glob).match(file)));
  return [...Map.groupBy(files, partOf).values()];
}

/** Three nodes of Cassandra, their tests, and a step of the other lane. */
const MEMORY_OF_LANES_BYTES = 8 * 1024 ** 3;

/** How many lanes: as many as `TODOS_TEST_LANES` says, else two if the machine has the processors and the memory. */
export function lanesWanted(): 1 | 2 {
  const wanted = process.env.TODOS_TEST_LANES;
  if (wanted !== undefined) return wanted === "2" ? 2 : 1;
  return navigator.hardwareConcurrency >= 2 && totalmem() >= MEMORY_OF_LANES_BYTES ? 2 : 1;
}

/** Parts of one group that run side by side, with two lanes. */
export const PROCESSES_OF_LANES = 2;

/** Tests of the API that don't depend on the store, and those with a browser, a provider or a proxy: only on SQLite. */
const OF_NO_STORE =
  /\/api\/(?:compression|docs|event-streams|forms|headers|hosts|links|methods|overload|page|query|root|tls)\.test\.ts$|\/accounts\/(?:docs-page|documents|forgery|proxy|strangers|walk|ways-in)\.test\.ts$/;

/** Those that wait longest. Parts share the node: each test has its own keyspace. */
const API_PARTS = [
  ["**/api/events.test.ts"],
  ["**/api/{paging,stopping,streams,*-crash}.test.ts"],
  ["**/accounts/{command-line,operator,events}.test.ts"],
  ["**/accounts/*.test.ts"],
];

/** Journeys of two people: on SQLite at one process, over Cassandra each at an instance of its own. */
export const PAGE_OF_INSTANCES = ["test/acceptance/page/together.test.ts"];

/**
 * Those whose subject is not the store, though it has a part in it. Ordinary runs have them on SQLite alone, nightly ones on
 * every store (docs/decisions/0101).
 */
const OF_STORES_AT_NIGHT =
  /\/api\/(?:actuator|stopping)\.test\.ts$|\/accounts\/(?:operator|sessions)\.test\.ts$/;

/**
 * Those that read pages of every kind, which the stand-in for Amazon Keyspaces makes short, and some of them empty. Ordinary
 * runs have these alone on it: each statement of the others is one that it has been asked by the tests of the adapter.
 */
const OF_PAGES =
  /\/api\/(?:agenda|checklists|filters|paging|search|tasks|trash)\.test\.ts$|\/accounts\/(?:own|sharing)\.test\.ts$/;

/** Tests of the API, with accounts and without, to run on that store, in parts that may run side by side. */
export async function apiFilesOn(
  store: "Cassandra" | "Keyspaces",
  { root, nightly }: Pick<StepContext, "root" | "nightly">,
): Promise<readonly (readonly string[])[]> {
  const all = await Array.fromAsync(new Bun.Glob("test/acceptance/{api,accounts}/*.test.ts").scan(root));
  const ordinary = (file: string) =>
    store === "Cassandra" ? !OF_STORES_AT_NIGHT.test(file) : OF_PAGES.test(file);
  const chosen = all.filter((file) => !OF_NO_STORE.test(file) && (nightly || ordinary(file)));
  return partsOf(chosen.sort(), API_PARTS);
}
