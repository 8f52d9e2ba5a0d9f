import {
  type CloudFormationClient,
  DescribeStackDriftDetectionStatusCommand,
  DescribeStackResourceDriftsCommand,
  DetectStackDriftCommand,
  type PropertyDifference,
} from "@aws-sdk/client-cloudformation";
import { DeployError } from "../../application/deploy/errors.ts";
import type { PropertyDrift, ResourceDrift } from "../../domain/deployment/drift.ts";

const LOOK_MS = 3_000;
const LOOKS_MAX = 200;

/** What was changed outside CloudFormation. @throws DeployError `stack` if CloudFormation can't tell */
export async function detectDrifts(
  send: CloudFormationClient["send"],
  stack: string,
  pause: (ms: number) => Promise<void>,
): Promise<readonly ResourceDrift[]> {
  const { StackDriftDetectionId } = await send(new DetectStackDriftCommand({ StackName: stack }));
  for (let look = 0; look < LOOKS_MAX; look++) {
    const status = await send(new DescribeStackDriftDetectionStatusCommand({ StackDriftDetectionId }));
    // Also if it failed for some resources: the results for the others count.
    if (status.DetectionStatus !== "DETECTION_IN_PROGRESS") return drifted(send, stack);
    await pause(LOOK_MS);
  }
  throw new DeployError(
    "stack",
    `CloudFormation has not compared ${stack} within ten minutes`,
    "run todos verify again later",
  );
}

async function drifted(send: CloudFormationClient["send"], stack: string): Promise<ResourceDrift[]> {
  const found: ResourceDrift[] = [];
  let token: string | undefined;
  do {
    const answer = await send(
      new DescribeStackResourceDriftsCommand({
        StackName: stack,
        StackResourceDriftStatusFilters: ["MODIFIED", "DELETED"],
        ...(token !== undefined && { NextToken: token }),
      }),
    );
    for (const each of answer.StackResourceDrifts ?? []) {
      found.push({
        logicalId: each.LogicalResourceId ?? "",
        type: each.ResourceType ?? "",
        state: each.StackResourceDriftStatus === "DELETED" ? "deleted" : "modified",
        differences: (each.PropertyDifferences ?? []).map(difference),
      });
    }
    token = answer.NextToken;
  } while (token !== undefined);
  return found;
}

const HOW: Readonly<Record<string, PropertyDrift["how"]>> = { ADD: "added", REMOVE: "removed" };

function difference({
  PropertyPath,
  DifferenceType,
  ExpectedValue,
  ActualValue,
}: PropertyDifference): PropertyDrift {
  return {
    path: PropertyPath ?? "",
    how: HOW[DifferenceType ?? ""] ?? "changed",
    expected: ExpectedValue ?? "",
    actual: ActualValue ?? "",
  };
}
