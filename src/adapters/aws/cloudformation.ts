import {
  CancelUpdateStackCommand,
  type Change,
  CloudFormationClient,
  ContinueUpdateRollbackCommand,
  CreateChangeSetCommand,
  DeleteChangeSetCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  type DescribeChangeSetCommandOutput,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  ListChangeSetsCommand,
  ListImportsCommand,
  ListStackResourcesCommand,
  type Stack,
} from "@aws-sdk/client-cloudformation";
import type {
  ChangeSet,
  ChangeSetRequest,
  ChangeSetSummary,
  Refusal,
  StackEvent,
  StackResource,
  StackState,
  Stacks,
} from "../../application/deploy/ports.ts";
import type { ResourceDrift } from "../../domain/deployment/drift.ts";
import { stackStatus } from "../../domain/deployment/stack-status.ts";
import { changeSetState, parametersOf, resourceChange, stackEvent } from "./cloudformation-answers.ts";
import { detectDrifts } from "./cloudformation-drift.ts";
import { refusalsOf } from "./cloudformation-refusals.ts";
import type { AwsConnection } from "./connection.ts";
import { isAws } from "./errors.ts";

const NOT_THERE = /does not exist|ChangeSet \[.*\] does not exist/i;
const NOT_FOUND = ["ChangeSetNotFound", "ChangeSetNotFoundException"];
const INVALID_STATUS = ["InvalidChangeSetStatus", "InvalidChangeSetStatusException"];
const EVENT_PAGES_MAX = 20;
const PAGES_MAX = 100;

/** @see Stacks */
export class CloudFormationStacks implements Stacks {
  private readonly send: CloudFormationClient["send"];

  constructor(aws: AwsConnection) {
    this.send = aws.sender(new CloudFormationClient({ ...aws.config }));
  }

  async describe(stack: string): Promise<StackState | undefined> {
    const answer = await missing(this.send(new DescribeStacksCommand({ StackName: stack })));
    const found = answer?.Stacks?.[0];
    return found && stackState(found);
  }

  async propose(request: ChangeSetRequest): Promise<"proposed" | "name taken"> {
    const { stack, name, type, description, template, tags, importing } = request;
    try {
      await this.send(
        new CreateChangeSetCommand({
          StackName: stack,
          ChangeSetName: name,
          ChangeSetType: type,
          Description: description,
          TemplateBody: template.text,
          Parameters: parametersOf(request),
          Capabilities: ["CAPABILITY_NAMED_IAM"],
          // Without any, the stack keeps its own.
          ...(Object.keys(tags).length > 0 && {
            Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
          }),
          ...(importing && {
            ResourcesToImport: importing.map(({ logicalId, type: resourceType, identifier }) => ({
              LogicalResourceId: logicalId,
              ResourceType: resourceType,
              ResourceIdentifier: { ...identifier },
            })),
          }),
        }),
      );
      return "proposed";
    } catch (error) {
      if (isAws(error, ["AlreadyExistsException"])) return "name taken";
      // A stack that is being deleted accepts none; the caller checks again.
      if (isAws(error, ["ValidationError"], /DELETE_IN_PROGRESS/)) return "name taken";
      throw error;
    }
  }

  async changeSet(stack: string, name: string): Promise<ChangeSet | undefined> {
    const changes: Change[] = [];
    let page: DescribeChangeSetCommandOutput | undefined;
    for (let pages = 0; pages < PAGES_MAX; pages++) {
      page = await missing(
        this.send(
          new DescribeChangeSetCommand({
            StackName: stack,
            ChangeSetName: name,
            IncludePropertyValues: true,
            ...(page?.NextToken !== undefined && { NextToken: page.NextToken }),
          }),
        ),
      );
      if (page === undefined) return undefined;
      changes.push(...(page.Changes ?? []));
      if (page.NextToken === undefined) break;
    }
    if (page === undefined) return undefined;
    return {
      name,
      description: page.Description ?? "",
      state: changeSetState(page.Status, page.ExecutionStatus, page.StatusReason),
      ...(page.StatusReason !== undefined && { reason: page.StatusReason }),
      changes: changes.flatMap(resourceChange),
    };
  }

  refusals(stack: string, changeSet: string): Promise<readonly Refusal[]> {
    return refusalsOf(this.send, stack, changeSet);
  }

  async changeSets(stack: string): Promise<readonly ChangeSetSummary[]> {
    const found: ChangeSetSummary[] = [];
    let token: string | undefined;
    do {
      const command = new ListChangeSetsCommand({
        StackName: stack,
        ...(token !== undefined && { NextToken: token }),
      });
      const answer = await missing(this.send(command));
      for (const { ChangeSetName, Description, CreationTime, Status } of answer?.Summaries ?? []) {
        if (ChangeSetName === undefined || Status === "DELETE_COMPLETE") continue;
        found.push({
          name: ChangeSetName,
          description: Description ?? "",
          madeAt: CreationTime?.getTime() ?? 0,
        });
      }
      token = answer?.NextToken;
    } while (token !== undefined);
    return found;
  }

  async execute(stack: string, name: string, token: string): Promise<void> {
    const command = new ExecuteChangeSetCommand({
      StackName: stack,
      ChangeSetName: name,
      ClientRequestToken: token,
    });
    try {
      await this.send(command);
    } catch (error) {
      // The answer of a first attempt may have been lost: then it is being executed, or already
      // gone.
      if (!isAws(error, [...INVALID_STATUS, ...NOT_FOUND])) throw error;
      const state = (await this.changeSet(stack, name))?.state;
      if (state !== undefined && state !== "executing" && state !== "executed") throw error;
    }
  }

  async discard(stack: string, name: string): Promise<"discarded" | "being made"> {
    try {
      await missing(this.send(new DeleteChangeSetCommand({ StackName: stack, ChangeSetName: name })));
      return "discarded";
    } catch (error) {
      if (isAws(error, INVALID_STATUS)) return "being made";
      throw error;
    }
  }

  async events(stack: string, after: string | undefined): Promise<readonly StackEvent[]> {
    const found: StackEvent[] = [];
    let token: string | undefined;
    for (let pages = 0; pages < EVENT_PAGES_MAX; pages++) {
      const command = new DescribeStackEventsCommand({
        StackName: stack,
        ...(token !== undefined && { NextToken: token }),
      });
      const answer = await missing(this.send(command));
      for (const event of answer?.StackEvents ?? []) {
        if (event.EventId === after) return found.reverse();
        found.push(stackEvent(event));
      }
      token = answer?.NextToken;
      if (token === undefined || after === undefined) break;
    }
    return found.reverse();
  }

  async resources(stack: string): Promise<readonly StackResource[]> {
    const found: StackResource[] = [];
    let token: string | undefined;
    do {
      const command = new ListStackResourcesCommand({
        StackName: stack,
        ...(token !== undefined && { NextToken: token }),
      });
      const answer = await missing(this.send(command));
      for (const each of answer?.StackResourceSummaries ?? []) {
        found.push({
          logicalId: each.LogicalResourceId ?? "",
          physicalId: each.PhysicalResourceId ?? "",
          type: each.ResourceType ?? "",
          status: each.ResourceStatus ?? "",
        });
      }
      token = answer?.NextToken;
    } while (token !== undefined);
    return found;
  }

  async delete(stack: string, token: string, retain: readonly string[] = []): Promise<void> {
    const command = new DeleteStackCommand({
      StackName: stack,
      ClientRequestToken: token,
      ...(retain.length > 0 && { RetainResources: [...retain] }),
    });
    await missing(this.send(command));
  }

  async continueRollback(stack: string, token: string): Promise<void> {
    await this.send(new ContinueUpdateRollbackCommand({ StackName: stack, ClientRequestToken: token }));
  }

  async cancelUpdate(stack: string, token: string): Promise<void> {
    try {
      await this.send(new CancelUpdateStackCommand({ StackName: stack, ClientRequestToken: token }));
    } catch (error) {
      if (!isAws(error, ["ValidationError"], /CancelUpdateStack cannot be called from current stack status/i))
        throw error;
    }
  }

  async importers(exportName: string): Promise<readonly string[]> {
    try {
      const answer = await this.send(new ListImportsCommand({ ExportName: exportName }));
      return answer.Imports ?? [];
    } catch (error) {
      if (isAws(error, ["ValidationError"], /is not imported by any stack|does not exist/i)) return [];
      throw error;
    }
  }

  drifts(stack: string, pause: (ms: number) => Promise<void>): Promise<readonly ResourceDrift[]> {
    return detectDrifts(this.send, stack, pause);
  }
}

function stackState(stack: Stack): StackState {
  const outputs = stack.Outputs ?? [];
  return {
    stack: stack.StackName ?? "",
    id: stack.StackId ?? "",
    status: stackStatus(stack.StackStatus),
    ...(stack.StackStatusReason !== undefined && { reason: stack.StackStatusReason }),
    parameters: Object.fromEntries(
      (stack.Parameters ?? []).map((each) => [each.ParameterKey ?? "", each.ParameterValue ?? ""]),
    ),
    outputs: Object.fromEntries(outputs.map((each) => [each.OutputKey ?? "", each.OutputValue ?? ""])),
    exports: outputs.flatMap(({ ExportName }) => (ExportName === undefined ? [] : [ExportName])),
    tags: Object.fromEntries((stack.Tags ?? []).map((each) => [each.Key ?? "", each.Value ?? ""])),
  };
}

/** Nothing if AWS says that the resource does not exist. */
async function missing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isAws(error, NOT_FOUND)) return undefined;
    if (isAws(error, ["ValidationError"], NOT_THERE)) return undefined;
    throw error;
  }
}
