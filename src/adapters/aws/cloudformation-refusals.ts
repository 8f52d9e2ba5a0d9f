import {
  type CloudFormationClient,
  DescribeEventsCommand,
  type OperationEvent,
} from "@aws-sdk/client-cloudformation";
import type { Refusal } from "../../application/deploy/ports.ts";
import { AwsError } from "./errors.ts";

const PAGES_MAX = 20;

/**
 * Why CloudFormation refused a change set, resource by resource: no other answer contains the findings of its
 * pre-deployment checks and hooks. Nothing if not permitted to read.
 */
export async function refusalsOf(
  send: CloudFormationClient["send"],
  stack: string,
  changeSet: string,
): Promise<readonly Refusal[]> {
  const found: Refusal[] = [];
  let token: string | undefined;
  try {
    for (let pages = 0; pages < PAGES_MAX; pages++) {
      const answer = await send(
        new DescribeEventsCommand({
          StackName: stack,
          ChangeSetName: changeSet,
          Filters: { FailedEvents: true },
          ...(token !== undefined && { NextToken: token }),
        }),
      );
      found.push(...(answer.OperationEvents ?? []).flatMap(refusal));
      token = answer.NextToken;
      if (token === undefined) break;
    }
  } catch (error) {
    // The change set was refused in any case, and that is reported.
    if (!(error instanceof AwsError)) throw error;
  }
  return found;
}

function refusal(event: OperationEvent): Refusal[] {
  const { ValidationFailureMode, HookFailureMode, LogicalResourceId, ResourceType, ValidationPath } = event;
  const reason = event.ValidationStatusReason ?? event.HookStatusReason ?? event.ResourceStatusReason;
  if (reason === undefined || (ValidationFailureMode ?? HookFailureMode) === "WARN") return [];
  return [
    {
      logicalId: LogicalResourceId ?? "",
      type: ResourceType ?? "",
      reason,
      ...(ValidationPath !== undefined && { path: ValidationPath }),
    },
  ];
}
