import { runTests } from "./bun-tests.ts";
import type { Step } from "./step.ts";

/** Test files that one process runs after one another. */
interface TestGroup {
  readonly name: string;
  /** Which files, as globs from the project's root. A file belongs to the first group that names it. */
  readonly files: readonly string[];
}

/**
 * All of test/, in groups of files that one process runs. Files that share a Cassandra node are in one group, so that
 * the node is started once.
 */
const TEST_GROUPS: readonly TestGroup[] = [
  { name: "tests of a cluster's faults", files: ["test/faults/**"] },
  {
    name: "tests of the Cassandra adapter",
    files: [
      "test/adapters/cassandra/**",
      "test/contract/{cassandra,keyspaces}.test.ts",
      "test/copying/**",
      "test/commands/cassandra.test.ts",
      "test/acceptance/keyspaces.test.ts",
      "test/deploy/export.test.ts",
      "test/docs/readme.test.ts",
    ],
  },
  { name: "tests of images and builds", files: ["test/build/**", "test/adapters/oci/**"] },
  {
    name: "tests of the deployment",
    files: [
      "test/deploy/**",
      "test/adapters/aws/**",
      "test/docs/deploy*",
      // Needs the same Python packages.
      "test/adapters/recurrence/dateutil.test.ts",
    ],
  },
  { name: "tests of crashes and long runs", files: ["test/acceptance/{crash,soak,raw-sockets}.test.ts"] },
  { name: "tests of the executable", files: ["test/acceptance/**"] },
  { name: "tests of the parts", files: ["test/**"] },
];

/** Fast enough to run after every edit. */
const QUICK = ["tests of the executable", "tests of the parts"];

export const testGroups: readonly Step[] = TEST_GROUPS.map(({ name }) => ({
  name,
  required: true,
  run: async (context) => runTests(context, (await groupedFiles(context.root)).get(name) ?? []),
}));
export const quickTestGroups: readonly Step[] = testGroups.filter(({ name }) => QUICK.includes(name));

/** Every test file below `root`, by the name of its group. */
export async function groupedFiles(root: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const all = await Array.fromAsync(new Bun.Glob("test/**/*.test.ts").scan(root));
  return Map.groupBy(all.sort(), (file) => {
    const group = TEST_GROUPS.find(({ files }) => files.some((glob) => new Bun.Glob(glob).match(file)));
    if (!group) throw new Error(`${file} belongs to no group of tests.`);
    return group.name;
  });
}

/** Maximum number of steps that run side by side. */
const LANES_MAX = 2;

/**
 * How many steps run side by side: `TODOS_TEST_LANES`, else one. Two clusters at once make a machine with two cores
 * so slow that tests time out.
 */
export function lanesWanted(): number {
  const wanted = Number(process.env.TODOS_TEST_LANES ?? 1);
  return Math.max(1, Math.min(LANES_MAX, Number.isInteger(wanted) ? wanted : 1));
}

/** API tests that don't depend on the store: these run on SQLite only. */
const OF_NO_STORE =
  /\/(?:compression|docs|event-streams|forms|headers|hosts|links|methods|overload|query|root|tls)\.test\.ts$/;

/** API tests that depend on the store. */
export async function apiFilesOfStores(root: string): Promise<readonly string[]> {
  const all = await Array.fromAsync(new Bun.Glob("test/acceptance/api/*.test.ts").scan(root));
  return all.filter((file) => !OF_NO_STORE.test(file)).sort();
}
