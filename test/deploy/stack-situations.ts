import { DeleteStackCommand } from "@aws-sdk/client-cloudformation";
import type { StackStatus } from "../../src/domain/deployment/stack-status.ts";
import { type Cfn, cloudFormation } from "../adapters/aws/double/cloudformation-support.ts";
import type { Aws } from "../support/aws/double/start.ts";

/** Longer than any single wait of the engine, and shorter than its deadline, s. */
const SLOW_SECONDS = 120;

/** Returns a template of two log groups, created one after the other. @param days of retention */
export function logGroups(days: number, name = "second"): string {
  return `
Resources:
  First:
    Type: AWS::Logs::LogGroup
    Properties: { LogGroupName: first, RetentionInDays: ${days} }
  Second:
    Type: AWS::Logs::LogGroup
    DependsOn: First
    Properties: { LogGroupName: ${name}, RetentionInDays: ${days} }
Outputs:
  Name: { Value: !Ref Second }
`;
}

/** Only the first log group, which stays when its stack is deleted. */
const ONLY_FIRST = `
Resources:
  First:
    Type: AWS::Logs::LogGroup
    DeletionPolicy: RetainExceptOnCreate
    Properties: { LogGroupName: first, RetentionInDays: 3 }
`;

interface Situation {
  /** Brings a stack into the status. */
  readonly reach: (cfn: Cfn, aws: Aws, stack: string) => Promise<unknown>;
  /** The messages expected from the engine on the way, if any. */
  readonly says?: RegExp;
}

const fails = (
  aws: Aws,
  stack: string,
  logicalId: string,
  on: "create" | "update" | "delete" | "restore",
  reason = "no more of these",
) => aws.plant.resource.fail({ stack, logicalId, on, reason });
const slow = (aws: Aws, stack: string, logicalId: string) =>
  aws.plant.resource.slow({ stack, logicalId, seconds: SLOW_SECONDS });
const in_ = (cfn: Cfn, stack: string, status: string) => cfn.until(stack, (each) => each === status);

/** How to reach each status. */
export const SITUATIONS: Readonly<Record<StackStatus, Situation>> = {
  REVIEW_IN_PROGRESS: { reach: (cfn, _, stack) => cfn.plan(stack, logGroups(3)) },
  CREATE_IN_PROGRESS: {
    reach: async (cfn, aws, stack) => {
      slow(aws, stack, "Second");
      await cfn.begin(stack, logGroups(3));
    },
    says: /waiting for it/,
  },
  CREATE_COMPLETE: { reach: (cfn, _, stack) => cfn.deploy(stack, logGroups(3)) },
  CREATE_FAILED: {
    reach: (cfn, aws, stack) => {
      fails(aws, stack, "Second", "create");
      return cfn.deploy(stack, logGroups(3), { plan: { OnStackFailure: "DO_NOTHING" } });
    },
    says: /an earlier attempt failed: Second .*no more of these/,
  },
  ROLLBACK_IN_PROGRESS: {
    reach: async (cfn, aws, stack) => {
      fails(aws, stack, "Second", "create");
      await cfn.begin(stack, logGroups(3));
      slow(aws, stack, "First");
      await in_(cfn, stack, "ROLLBACK_IN_PROGRESS");
    },
    says: /waiting for it/,
  },
  ROLLBACK_COMPLETE: {
    reach: (cfn, aws, stack) => {
      fails(aws, stack, "Second", "create");
      return cfn.deploy(stack, logGroups(3));
    },
    says: /an earlier attempt failed: Second .*no more of these/,
  },
  ROLLBACK_FAILED: {
    reach: (cfn, aws, stack) => {
      fails(aws, stack, "Second", "create");
      fails(aws, stack, "First", "delete", "still in use");
      return cfn.deploy(stack, logGroups(3));
    },
    says: /an earlier attempt failed: Second .*no more of these/,
  },
  DELETE_IN_PROGRESS: {
    reach: async (cfn, aws, stack) => {
      await cfn.deploy(stack, logGroups(3));
      slow(aws, stack, "First");
      await cfn.client.send(new DeleteStackCommand({ StackName: stack }));
    },
    says: /waiting for it/,
  },
  DELETE_FAILED: {
    reach: async (cfn, aws, stack) => {
      await cfn.deploy(stack, logGroups(3));
      fails(aws, stack, "First", "delete", "still in use");
      await cfn.client.send(new DeleteStackCommand({ StackName: stack }));
      await cfn.settled(stack);
    },
    says: /an earlier attempt failed: First .*still in use/,
  },
  DELETE_COMPLETE: {
    reach: async (cfn, _, stack) => {
      const { StackId = stack } = await cfn.deploy(stack, logGroups(3));
      await cfn.client.send(new DeleteStackCommand({ StackName: stack }));
      await in_(cfn, StackId, "DELETE_COMPLETE");
    },
  },
  UPDATE_IN_PROGRESS: {
    reach: async (cfn, aws, stack) => {
      await cfn.deploy(stack, logGroups(3));
      slow(aws, stack, "Second");
      await cfn.begin(stack, logGroups(5));
    },
    says: /waiting for it/,
  },
  UPDATE_COMPLETE: {
    reach: async (cfn, _, stack) => {
      await cfn.deploy(stack, logGroups(3));
      await cfn.deploy(stack, logGroups(5));
    },
  },
  UPDATE_COMPLETE_CLEANUP_IN_PROGRESS: {
    reach: async (cfn, aws, stack) => {
      await cfn.deploy(stack, logGroups(3, "older"));
      await cfn.begin(stack, logGroups(3));
      await in_(cfn, stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
      slow(aws, stack, "Second");
    },
    says: /waiting for it/,
  },
  UPDATE_FAILED: {
    reach: async (cfn, aws, stack) => {
      await cfn.deploy(stack, logGroups(3));
      fails(aws, stack, "Second", "update");
      await cfn.deploy(stack, logGroups(5), { execution: { DisableRollback: true } });
    },
  },
  UPDATE_ROLLBACK_IN_PROGRESS: {
    reach: async (cfn, aws, stack) => {
      await cfn.deploy(stack, logGroups(3));
      fails(aws, stack, "Second", "update");
      await cfn.begin(stack, logGroups(5));
      slow(aws, stack, "First");
      await in_(cfn, stack, "UPDATE_ROLLBACK_IN_PROGRESS");
    },
    says: /waiting for it/,
  },
  UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS: {
    reach: async (cfn, aws, stack) => {
      await cfn.deploy(stack, `${logGroups(3, "older").replace(/Outputs[\s\S]*/, "")}${AFTER_SECOND}`);
      fails(aws, stack, "Third", "update");
      slow(aws, stack, "Second");
      await cfn.begin(
        stack,
        `${logGroups(3).replace(/Outputs[\s\S]*/, "")}${AFTER_SECOND.replace("3 }", "5 }")}`,
      );
      await in_(cfn, stack, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS");
    },
    says: /waiting for it/,
  },
  UPDATE_ROLLBACK_COMPLETE: {
    reach: async (cfn, aws, stack) => {
      await cfn.deploy(stack, logGroups(3));
      fails(aws, stack, "Second", "update");
      await cfn.deploy(stack, logGroups(5));
    },
  },
  UPDATE_ROLLBACK_FAILED: {
    reach: async (cfn, aws, stack) => {
      await cfn.deploy(stack, logGroups(3));
      fails(aws, stack, "Second", "update");
      fails(aws, stack, "First", "restore", "still in use");
      await cfn.deploy(stack, logGroups(5));
    },
    says: /an update failed, and so did its rollback/,
  },
  IMPORT_IN_PROGRESS: {
    reach: async (cfn, aws, stack) => {
      await leaveFirst(cfn, stack);
      slow(aws, stack, "First");
      await cfn.begin(stack, ONLY_FIRST, { plan: IMPORT_FIRST });
    },
    says: /waiting for it/,
  },
  IMPORT_COMPLETE: {
    reach: async (cfn, _, stack) => {
      await leaveFirst(cfn, stack);
      await cfn.deploy(stack, ONLY_FIRST, { plan: IMPORT_FIRST });
    },
  },
  IMPORT_ROLLBACK_IN_PROGRESS: {
    reach: async (cfn, aws, stack) => {
      await leaveFirst(cfn, stack);
      aws.plant.resource.fail({ stack, logicalId: "First", on: "import", reason: "not like its template" });
      slow(aws, stack, "First");
      await cfn.begin(stack, ONLY_FIRST, { plan: IMPORT_FIRST });
      await in_(cfn, stack, "IMPORT_ROLLBACK_IN_PROGRESS");
    },
    says: /waiting for it/,
  },
  IMPORT_ROLLBACK_COMPLETE: {
    reach: async (cfn, aws, stack) => {
      await leaveFirst(cfn, stack);
      aws.plant.resource.fail({ stack, logicalId: "First", on: "import", reason: "not like its template" });
      await cfn.deploy(stack, ONLY_FIRST, { plan: IMPORT_FIRST });
    },
    says: /an earlier attempt failed: First .*not like its template/,
  },
  IMPORT_ROLLBACK_FAILED: {
    reach: async (cfn, aws, stack) => {
      await leaveFirst(cfn, stack);
      aws.plant.resource.fail({ stack, logicalId: "First", on: "import", reason: "not like its template" });
      fails(aws, stack, "First", "restore", "still in use");
      await cfn.deploy(stack, ONLY_FIRST, { plan: IMPORT_FIRST });
    },
    says: /an earlier attempt failed: First .*not like its template/,
  },
};

const AFTER_SECOND = `
  Third:
    Type: AWS::Logs::LogGroup
    DependsOn: Second
    Properties: { LogGroupName: third, RetentionInDays: 3 }
`;

const IMPORT_FIRST = {
  ChangeSetType: "IMPORT" as const,
  ResourcesToImport: [
    {
      LogicalResourceId: "First",
      ResourceType: "AWS::Logs::LogGroup",
      ResourceIdentifier: { LogGroupName: "first" },
    },
  ],
};

/** Leaves a log group that belongs to no stack. */
async function leaveFirst(cfn: Cfn, stack: string): Promise<void> {
  const { StackId = stack } = await cfn.deploy(stack, ONLY_FIRST);
  await cfn.client.send(new DeleteStackCommand({ StackName: stack }));
  await in_(cfn, StackId, "DELETE_COMPLETE");
}

export function situate(aws: Aws, status: StackStatus, stack: string): Promise<unknown> {
  return SITUATIONS[status].reach(cloudFormation(aws), aws, stack);
}
