import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { DeleteStackCommand, DescribeStacksCommand, type StackStatus } from "@aws-sdk/client-cloudformation";
import { startAws } from "../../../support/aws/double/start.ts";
import { reachStatus, STACK_STATUSES } from "../../../support/aws/double/statuses.ts";
import { cloudFormation, NETWORK } from "./cloudformation-support.ts";

// Virtual time passes at once, but the machine may be busy.
setDefaultTimeout(60_000);

const POLL_MS = 5_000;
const NET = { stack: "Net", template: NETWORK, logicalId: "Group" };

/** The next status of those that can't be deleted. */
const ENDS: Partial<Record<StackStatus, StackStatus>> = {
  ROLLBACK_IN_PROGRESS: "ROLLBACK_COMPLETE",
  UPDATE_IN_PROGRESS: "UPDATE_COMPLETE",
  UPDATE_COMPLETE_CLEANUP_IN_PROGRESS: "UPDATE_COMPLETE",
  UPDATE_ROLLBACK_IN_PROGRESS: "UPDATE_ROLLBACK_COMPLETE",
  UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS: "UPDATE_ROLLBACK_COMPLETE",
  IMPORT_IN_PROGRESS: "IMPORT_COMPLETE",
  IMPORT_ROLLBACK_IN_PROGRESS: "IMPORT_ROLLBACK_COMPLETE",
};
/** Statuses in which AWS accepts an update; in others it says "can not be updated". */
const UPDATABLE: readonly StackStatus[] = [
  ...(["CREATE_COMPLETE", "CREATE_FAILED", "UPDATE_COMPLETE", "UPDATE_FAILED"] as const),
  ...(["UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"] as const),
];
const UNDELETABLE: readonly StackStatus[] = STACK_STATUSES.filter(
  (status) =>
    status.endsWith("_IN_PROGRESS") &&
    !["CREATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "REVIEW_IN_PROGRESS"].includes(status),
);

describe("the double: every status of a stack", () => {
  test("there are 23 of them", () => {
    expect(STACK_STATUSES).toHaveLength(23);
  });

  test("DELETE_COMPLETE is reached, and the name is unknown from then on", async () => {
    await using aws = await startAws();
    await reachStatus(aws, NET, "DELETE_COMPLETE");
    const { client } = cloudFormation(aws);
    await expect(client.send(new DescribeStacksCommand({ StackName: "Net" }))).rejects.toThrow(
      "Stack with id Net does not exist",
    );
    expect(aws.resources()).toEqual([]);
  });

  for (const status of STACK_STATUSES.filter((one) => one !== "DELETE_COMPLETE")) {
    const isTaken = UPDATABLE.includes(status);
    const isDeletable = !UNDELETABLE.includes(status);
    const update = `an update is ${isTaken ? "taken" : "refused"}`;
    const deletion = `a deletion is ${isDeletable ? "taken and leaves nothing of it" : `refused; it becomes ${ENDS[status]}`}`;
    test(`${status} is reached; ${update}; ${deletion}`, async () => {
      await using aws = await startAws();
      await reachStatus(aws, NET, status);
      expect(aws.stacks().Net).toBe(status);
      const { client, plan } = cloudFormation(aws);
      const { Stacks: [{ StackId = "" } = {}] = [] } = await client.send(
        new DescribeStacksCommand({ StackName: "Net" }),
      );
      const more = { ChangeSetType: "UPDATE" as const, Tags: [{ Key: "mine", Value: "1" }] };
      if (isTaken) expect((await plan("Net", NETWORK, more)).Status).toBe("CREATE_COMPLETE");
      else
        expect(await messageOf(plan("Net", NETWORK, more))).toEndWith(
          `is in ${status} state and can not be updated.`,
        );
      const refusal = await messageOf(client.send(new DeleteStackCommand({ StackName: "Net" })));
      expect(refusal).toBe(
        isDeletable ? "" : `Stack [${StackId}] cannot be deleted while in status ${status}`,
      );
      const end = isDeletable ? undefined : ENDS[status];
      while (aws.stacks().Net !== end) await aws.clock.wait(POLL_MS);
      if (isDeletable) expect(aws.resources().filter((line) => !line.startsWith("- "))).toEqual([]);
    });
  }
});

async function messageOf(asked: Promise<unknown>): Promise<string> {
  return asked.then(
    () => "",
    (problem: Error) => problem.message,
  );
}
