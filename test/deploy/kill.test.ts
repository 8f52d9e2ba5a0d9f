import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type DeployOptions, deploy } from "../../src/application/deploy/deploy.ts";
import type { Call } from "../support/aws/double/calls.ts";
import { DeployerKilled } from "../support/aws/double/deployers.ts";
import { type Aws, startAws } from "../support/aws/double/start.ts";
import { casesOfToday, partOfToday } from "../support/size.ts";
import { failureOf } from "./engines.ts";
import { smallImages } from "./small-image.ts";
import { engineOn, SETTINGS } from "./support.ts";

const OPTIONS: DeployOptions = { settings: SETTINGS, allowed: [], wait: true };
const VERSION = "one";
/** The timeout of two deploys, one after the other. Generous, for a busy machine. */
const TIMEOUT_MS = 120_000;
const { part: PART, parts: PARTS } = partOfToday();

interface Undisturbed {
  readonly resources: readonly string[];
  readonly stacks: Readonly<Record<string, string>>;
  readonly tasks: readonly string[];
  readonly calls: readonly Call[];
}

interface Killing {
  readonly index: number;
  readonly action: string;
  readonly when: "before" | "after";
}

let undisturbed: Undisturbed;
let killed = 0;
let converged = 0;

/** Returns the one-off tasks by command, with how often each was created. */
function tasksRun(aws: Aws): string[] {
  const made = new Map<string, string>();
  for (const { action, outcome, input } of aws.calls) {
    if (action !== "RunTask" || (outcome !== "answered" && outcome !== "cut after")) continue;
    made.set(String(input.clientToken), JSON.stringify(input.overrides));
  }
  return [...made.values()].map((each) => each.replaceAll(/10\.\d+\.\d+\.\d+/g, "ADDRESS")).sort();
}

/** Returns what exists, without the times at which a good image was tagged, and at which it was deployed. */
function resourcesOf(aws: Aws): string[] {
  return aws.resources().map((line) => line.replaceAll(/\d{4}-?\d\d-?\d\dT[\d:.]{6,}Z/g, "TIME"));
}

async function deployTo(aws: Aws, name: string, gone: readonly number[] = []): Promise<void> {
  const deployer = aws.addDeployer(name);
  const engine = engineOn(aws, { deployer, images: smallImages(VERSION, deployer), process: 4711, gone });
  await Promise.race([deploy(engine, OPTIONS), deployer.death]);
}

beforeAll(async () => {
  await using aws = await startAws();
  await deployTo(aws, "undisturbed");
  undisturbed = {
    resources: resourcesOf(aws),
    stacks: aws.stacks(),
    tasks: tasksRun(aws),
    calls: [...aws.calls],
  };
}, TIMEOUT_MS);

/**
 * Returns kills that cover every state in which AWS can be left: after each call that changes something, before its
 * answer, and at the first of each kind of call that only reads, while things are in progress. Killing before a call
 * that changes something leaves the same state as killing after the previous one.
 */
function killings(calls: readonly Call[]): Killing[] {
  const read = new Set<string>();
  return calls.flatMap(({ index, action, isMutating }): Killing[] => {
    if (isMutating) return [{ index, action, when: "after" }];
    if (read.has(action)) return [];
    read.add(action);
    return [{ index, action, when: "before" }];
  });
}

describe("a deployer that is killed and then runs again", () => {
  test(
    "at every call that changes something, and at the first of each that reads → the same resources, no duplicates, nothing left over",
    async () => {
      const all = casesOfToday(killings(undisturbed.calls));
      const failures: string[] = [];
      for (const { index, action, when } of all) {
        await using aws = await startAws();
        aws[when] = (call) => (call.index === index && call.deployer === "first" ? "kill" : undefined);
        // The next deployer finds the first one's process dead, or waits until its lease expires.
        const gone = index % 2 === 0 ? [4711] : [];
        expect(await failureOf(deployTo(aws, "first"))).toBeInstanceOf(DeployerKilled);
        killed++;
        try {
          await deployTo(aws, "second", gone);
          expect(resourcesOf(aws)).toEqual([...undisturbed.resources]);
          expect(aws.stacks()).toEqual(undisturbed.stacks);
          expect(tasksRun(aws)).toEqual([...undisturbed.tasks]);
          converged++;
        } catch (error) {
          console.error(`${when} call ${index} (${action}) did not converge: ${error}`);
          failures.push(`${when} call ${index} (${action}): ${Bun.inspect(error).slice(0, 2_000)}`);
        }
      }
      expect(failures).toEqual([]);
    },
    TIMEOUT_MS * 20,
  );

  afterAll(() =>
    console.log(`note: deployer killed at ${killed} calls (part ${PART}/${PARTS}), ${converged} converged`),
  );
});
