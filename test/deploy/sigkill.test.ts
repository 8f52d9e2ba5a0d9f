import { afterAll, expect, test } from "bun:test";
import type { DeployStep } from "../../src/application/deploy/events.ts";
import { type Aws, startAws } from "../support/aws/double/start.ts";
import { builtBinary } from "../support/binary.ts";
import { piecesCache } from "../support/oci/pieces.ts";
import { casesOfToday, partOfToday } from "../support/size.ts";

const binary = await builtBinary();
const XDG_CACHE_HOME = await piecesCache(binary);
/** The double's time runs this many times as fast. The program's own time is real. */
const SPEED = 30;
const TIMEOUT_MS = 1_800_000;
/** Steps in which something is in progress, and the output that shows it. */
const SIGNS: readonly (readonly [DeployStep | "migrate" | "push", RegExp])[] = [
  ["verify", /"event":"finding"/],
  ["image", /"event":"image"/],
  ["plan", /"event":"plan"/],
  ["apply", /"logicalId":"Vpc"/],
  ["push", /"event":"push"/],
  ["migrate", /"purpose":"migrate"/],
  ["service", /"step":"service"/],
  ["smoke", /"purpose":"smoke/],
];
const { part, parts } = partOfToday();
const KILLED_IN = casesOfToday(SIGNS);

let killed = 0;
let ended = false;

/** Runs the compiled program until it prints something, then kills it. @returns whether it did */
async function deployUntil(aws: Aws, sign: RegExp): Promise<boolean> {
  const child = deployWith(aws);
  let text = "";
  for await (const chunk of child.stdout) {
    text += new TextDecoder().decode(chunk);
    if (!sign.test(text)) continue;
    child.kill("SIGKILL");
    await child.exited;
    return true;
  }
  return false;
}

function deployWith(aws: Aws) {
  return Bun.spawn([binary, "deploy", "--yes", "--json"], {
    env: { PATH: process.env.PATH ?? "", XDG_CACHE_HOME, ...aws.environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
}

test(
  "the compiled program, killed with SIGKILL in each step and run again, ends with a service that passed",
  async () => {
    await using aws = await startAws({ time: SPEED });
    for (const [step, sign] of KILLED_IN) {
      expect([step, await deployUntil(aws, sign)]).toEqual([step, true]);
      killed++;
    }
    const last = deployWith(aws);
    const said = await new Response(last.stdout).text();
    expect(await last.exited).toBe(0);
    expect(said).toContain('"event":"done"');
    expect(aws.stacks()).toEqual({
      TodosNetworkStack: "CREATE_COMPLETE",
      TodosRegistryStack: "CREATE_COMPLETE",
      TodosKeyspacesStack: "CREATE_COMPLETE",
      TodosClusterStack: "CREATE_COMPLETE",
      TodosEcsStack: "CREATE_COMPLETE",
    });
    const resources = aws.resources();
    expect(resources.filter((line) => line.startsWith("- ") || line.startsWith("change set"))).toEqual([]);
    const migrations = aws.calls.filter(
      ({ action, input }) => action === "RunTask" && JSON.stringify(input.overrides).includes('"migrate"'),
    );
    expect(new Set(migrations.map(({ input }) => input.clientToken)).size).toBe(1);
    ended = true;
  },
  TIMEOUT_MS,
);

afterAll(() =>
  console.log(
    `note: compiled deployer killed in ${killed} steps (part ${part}/${parts}), ${ended ? killed : 0} converged`,
  ),
);
