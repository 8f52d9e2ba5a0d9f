import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  CancelUpdateStackCommand,
  ContinueUpdateRollbackCommand,
  DeleteStackCommand,
  DescribeStackDriftDetectionStatusCommand,
  DescribeStackEventsCommand,
  DescribeStackResourceDriftsCommand,
  DescribeStacksCommand,
  DetectStackDriftCommand,
  ListImportsCommand,
  ListStackResourcesCommand,
  UpdateTerminationProtectionCommand,
} from "@aws-sdk/client-cloudformation";
import { startAws } from "../../../support/aws/double/start.ts";
import { cloudFormation, logs, NETWORK } from "./cloudformation-support.ts";

// Virtual time passes at once, but the machine may be busy.
setDefaultTimeout(60_000);

const SECOND_LOG =
  "  Second: { Type: AWS::Logs::LogGroup, DependsOn: Log, Properties: { LogGroupName: second } }";

function retained(policy: string): string {
  return logs(
    7,
    `  Data: { Type: AWS::Logs::LogGroup, DeletionPolicy: ${policy}, Properties: { LogGroupName: data } }
  Late: { Type: AWS::Logs::LogGroup, DependsOn: [Data, Log], Properties: { LogGroupName: late } }`,
  );
}

describe("the double: a stack from a change set", () => {
  test("reaches CREATE_COMPLETE with its outputs, each resource after those it needs", async () => {
    await using aws = await startAws();
    const cfn = cloudFormation(aws);
    const stack = await cfn.deploy("Net", NETWORK);
    expect(stack.StackStatus).toBe("CREATE_COMPLETE");
    expect(stack.Outputs?.[0]).toMatchObject({ OutputKey: "VpcId", ExportName: "Net:VpcId" });
    expect(stack.Outputs?.[0]?.OutputValue).toMatch(/^vpc-[0-9a-f]{17}$/);
    expect(await cfn.events("Net")).toEqual([
      "Net REVIEW_IN_PROGRESS",
      "Net CREATE_IN_PROGRESS",
      "Vpc CREATE_IN_PROGRESS",
      "Vpc CREATE_IN_PROGRESS",
      "Vpc CREATE_COMPLETE",
      "Group CREATE_IN_PROGRESS",
      "Group CREATE_IN_PROGRESS",
      "Group CREATE_COMPLETE",
      "Net CREATE_COMPLETE",
    ]);
    expect(aws.resources()).toEqual([
      'Net/Group AWS::EC2::SecurityGroup {"GroupDescription":"service","VpcId":"<Net/Vpc>"}',
      'Net/Vpc AWS::EC2::VPC {"CidrBlock":"10.0.0.0/16"}',
      "stack Net",
    ]);
  });

  test("events are listed newest first, in pages, with the token of their operation", async () => {
    await using aws = await startAws({ pageSize: 3 });
    const cfn = cloudFormation(aws);
    await cfn.deploy("Net", NETWORK, { execution: { ClientRequestToken: "ours" } });
    const { StackEvents = [], NextToken } = await cfn.client.send(
      new DescribeStackEventsCommand({ StackName: "Net" }),
    );
    expect(StackEvents).toHaveLength(3);
    expect(NextToken).toBeDefined();
    expect(StackEvents[0]).toMatchObject({
      LogicalResourceId: "Net",
      ResourceStatus: "CREATE_COMPLETE",
      ClientRequestToken: "ours",
    });
    const resources = await cfn.client.send(new ListStackResourcesCommand({ StackName: "Net" }));
    expect(resources.StackResourceSummaries?.map((one) => one.ResourceStatus)).toEqual([
      ...(["CREATE_COMPLETE", "CREATE_COMPLETE"] as const),
    ]);
  });

  test("a resource that fails: the others are cancelled, created ones are deleted, and the reason is reported", async () => {
    await using aws = await startAws();
    const cfn = cloudFormation(aws);
    aws.plant.resource.fail({ logicalId: "Group", on: "create", reason: "no more groups" });
    const stack = await cfn.deploy("Net", NETWORK);
    expect(stack.StackStatus).toBe("ROLLBACK_COMPLETE");
    const { StackEvents = [] } = await cfn.client.send(new DescribeStackEventsCommand({ StackName: "Net" }));
    const reasonOf = (status: string) =>
      StackEvents.find((one) => one.ResourceStatus === status)?.ResourceStatusReason;
    expect(reasonOf("CREATE_FAILED")).toBe("no more groups");
    expect(reasonOf("ROLLBACK_IN_PROGRESS")).toBe(
      "The following resource(s) failed to create: [Group]. Rollback requested by user.",
    );
    expect(aws.resources()).toEqual(["stack Net ROLLBACK_COMPLETE"]);
  });
});

test("the double: an output that can't be computed rolls the stack back", async () => {
  await using aws = await startAws();
  const output = "Outputs: { Colour: { Value: !GetAtt Log.Colour } }";
  expect((await cloudFormation(aws).deploy("Logs", logs(7, output))).StackStatus).toBe("ROLLBACK_COMPLETE");
});

describe("the double: what a failed update leaves", () => {
  test("changes are undone, and created resources are deleted", async () => {
    await using aws = await startAws();
    const cfn = cloudFormation(aws);
    await cfn.deploy("Logs", logs(7));
    const before = aws.resources();
    aws.plant.resource.fail({ logicalId: "Second", on: "create", reason: "no" });
    const stack = await cfn.deploy("Logs", logs(30, SECOND_LOG));
    expect(stack.StackStatus).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(aws.resources()).toEqual(
      before.map((line) => (line === "stack Logs" ? "stack Logs UPDATE_ROLLBACK_COMPLETE" : line)),
    );
    expect((await cfn.deploy("Logs", logs(30, SECOND_LOG))).StackStatus).toBe("UPDATE_COMPLETE");
  });

  test("UPDATE_ROLLBACK_FAILED continues on request, and may fail again", async () => {
    await using aws = await startAws();
    const cfn = cloudFormation(aws);
    await cfn.deploy("Logs", logs(7));
    aws.plant.resource.fail({ logicalId: "Log", on: "update", reason: "no" });
    aws.plant.resource.fail({ logicalId: "Log", on: "restore", reason: "no way back", times: 2 });
    const go = async (ResourcesToSkip?: string[]) => {
      await cfn.client.send(new ContinueUpdateRollbackCommand({ StackName: "Logs", ResourcesToSkip }));
      return (await cfn.settled("Logs")).StackStatus;
    };
    expect((await cfn.deploy("Logs", logs(30))).StackStatus).toBe("UPDATE_ROLLBACK_FAILED");
    expect(await go()).toBe("UPDATE_ROLLBACK_FAILED");
    await expect(go(["Other"])).rejects.toThrow("not in a failed state: [Other]");
    expect(await go(["Log"])).toBe("UPDATE_ROLLBACK_COMPLETE");
    await expect(go()).rejects.toThrow("is in UPDATE_ROLLBACK_COMPLETE state");
  });

  test("a cancelled update is rolled back; nothing else can be cancelled", async () => {
    await using aws = await startAws();
    const cfn = cloudFormation(aws);
    const cancel = () => cfn.client.send(new CancelUpdateStackCommand({ StackName: "Logs" }));
    await cfn.deploy("Logs", logs(7));
    await expect(cancel()).rejects.toThrow("CancelUpdateStack cannot be called from current stack status");
    aws.plant.resource.slow({ logicalId: "Log", on: "update", seconds: 600 });
    await cfn.begin("Logs", logs(30));
    await aws.clock.wait(10_000);
    await cancel();
    expect((await cfn.settled("Logs")).StackStatus).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(aws.resources()[0]).toContain('"RetentionInDays":7');
  });

  test("a resource with a custom name can't be replaced", async () => {
    await using aws = await startAws();
    const cfn = cloudFormation(aws);
    const table = (key: string) => `
Resources:
  Table:
    Type: AWS::Cassandra::Table
    Properties: { KeyspaceName: todos, TableName: todo, PartitionKeyColumns: [{ ColumnName: ${key}, ColumnType: text }] }`;
    await cfn.deploy("Data", table("id"));
    expect((await cfn.deploy("Data", table("key"))).StackStatus).toBe("UPDATE_ROLLBACK_COMPLETE");
    const { StackEvents = [] } = await cfn.client.send(new DescribeStackEventsCommand({ StackName: "Data" }));
    expect(
      StackEvents.some((one) =>
        one.ResourceStatusReason?.includes("custom-named resource requires replacing"),
      ),
    ).toBe(true);
  });
});

describe("the double: deletion", () => {
  const policies = [
    ["Delete", false, false],
    ["Retain", true, true],
    ["RetainExceptOnCreate", false, true],
  ] as const;
  test.each(policies)(
    "%s: remains after a rolled-back creation: %p; after a deletion: %p",
    async (policy, afterRollback, afterDeletion) => {
      await using aws = await startAws();
      const cfn = cloudFormation(aws);
      aws.plant.resource.fail({ logicalId: "Late", on: "create", reason: "no" });
      await cfn.deploy("A", retained(policy));
      const isThere = () => aws.resources().some((line) => line.startsWith("- data "));
      expect(isThere()).toBe(afterRollback);
      if (afterRollback) return;
      await cfn.client.send(new DeleteStackCommand({ StackName: "A" }));
      await cfn.deploy("B", retained(policy));
      await cfn.client.send(new DeleteStackCommand({ StackName: "B" }));
      while (aws.stacks().B !== undefined) await aws.clock.wait(1_000);
      expect(isThere()).toBe(afterDeletion);
    },
  );

  test("a deleted stack is found only by its id, and its name is free", async () => {
    await using aws = await startAws();
    const cfn = cloudFormation(aws);
    const { StackId } = await cfn.deploy("Logs", logs(7));
    await cfn.client.send(new DeleteStackCommand({ StackName: "Logs" }));
    await aws.clock.wait(60_000);
    const { Stacks } = await cfn.client.send(new DescribeStacksCommand({ StackName: StackId }));
    expect(Stacks?.[0]?.StackStatus).toBe("DELETE_COMPLETE");
    await expect(cfn.client.send(new DescribeStacksCommand({ StackName: "Logs" }))).rejects.toThrow(
      "Stack with id Logs does not exist",
    );
    expect((await cfn.deploy("Logs", logs(7))).StackStatus).toBe("CREATE_COMPLETE");
  });

  test("DELETE_FAILED: try again without the resources to retain; only then may some be named", async () => {
    await using aws = await startAws();
    const cfn = cloudFormation(aws);
    const { StackId = "" } = await cfn.deploy("Logs", logs(7, SECOND_LOG));
    aws.plant.resource.fail({ logicalId: "Log", on: "delete", reason: "in use" });
    const remove = async (RetainResources?: string[]) => {
      await cfn.client.send(new DeleteStackCommand({ StackName: "Logs", RetainResources }));
      return (await cfn.settled(StackId)).StackStatus;
    };
    await expect(remove(["Log"])).rejects.toThrow("only be specified for stacks in the DELETE_FAILED state");
    expect(await remove()).toBe("DELETE_FAILED");
    expect(await remove(["Log"])).toBe("DELETE_COMPLETE");
    expect(aws.resources()).toEqual([
      '- todos AWS::Logs::LogGroup {"LogGroupName":"todos","RetentionInDays":7}',
    ]);
  });

  test("an export in use: the stack returns to its previous status, and says who uses it", async () => {
    await using aws = await startAws();
    const cfn = cloudFormation(aws);
    await cfn.deploy("Net", NETWORK);
    await cfn.deploy("User", logs(7).replace("todos", "!ImportValue 'Net:VpcId'"));
    const imports = await cfn.client.send(new ListImportsCommand({ ExportName: "Net:VpcId" }));
    expect(imports.Imports).toEqual(["User"]);
    await cfn.client.send(new DeleteStackCommand({ StackName: "Net" }));
    const stack = await cfn.settled("Net");
    expect(stack.StackStatus).toBe("CREATE_COMPLETE");
    expect(stack.StackStatusReason).toBe("Export Net:VpcId cannot be deleted as it is in use by User");
    const withoutOutput = NETWORK.slice(0, NETWORK.indexOf("Outputs:"));
    const updated = await cfn.deploy("Net", withoutOutput);
    expect(updated.StackStatus).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(updated.Outputs).toHaveLength(1);
  });

  test("a protected stack is not deleted", async () => {
    await using aws = await startAws();
    const cfn = cloudFormation(aws);
    await cfn.deploy("Logs", logs(7));
    const protect = { StackName: "Logs", EnableTerminationProtection: true };
    await cfn.client.send(new UpdateTerminationProtectionCommand(protect));
    await expect(cfn.client.send(new DeleteStackCommand({ StackName: "Logs" }))).rejects.toThrow(
      "Stack [Logs] cannot be deleted while TerminationProtection is enabled",
    );
  });

  test("a repository with images is not deleted", async () => {
    await using aws = await startAws();
    const cfn = cloudFormation(aws);
    const { StackId = "" } = await cfn.deploy(
      "Images",
      "Resources: { Repository: { Type: AWS::ECR::Repository, Properties: { RepositoryName: todos } } }",
    );
    aws.plant.image("todos", "one");
    await cfn.client.send(new DeleteStackCommand({ StackName: "Images" }));
    expect((await cfn.settled(StackId)).StackStatus).toBe("DELETE_FAILED");
  });
});

describe("the double: drift", () => {
  test("changes outside the stack are reported, property by property", async () => {
    await using aws = await startAws();
    const cfn = cloudFormation(aws);
    await cfn.deploy("Logs", logs(7, SECOND_LOG));
    aws.plant.drift("Logs", "Log", { RetentionInDays: 1 });
    aws.plant.drift("Logs", "Second", undefined);
    const { StackDriftDetectionId } = await cfn.client.send(
      new DetectStackDriftCommand({ StackName: "Logs" }),
    );
    const status = () =>
      cfn.client.send(new DescribeStackDriftDetectionStatusCommand({ StackDriftDetectionId }));
    expect((await status()).DetectionStatus).toBe("DETECTION_IN_PROGRESS");
    await aws.clock.wait(10_000);
    expect(await status()).toMatchObject({
      DetectionStatus: "DETECTION_COMPLETE",
      StackDriftStatus: "DRIFTED",
    });
    const { StackResourceDrifts = [] } = await cfn.client.send(
      new DescribeStackResourceDriftsCommand({ StackName: "Logs" }),
    );
    expect(StackResourceDrifts.map((one) => one.StackResourceDriftStatus)).toEqual(["MODIFIED", "DELETED"]);
    expect(StackResourceDrifts[0]?.PropertyDifferences?.[0]).toMatchObject({
      PropertyPath: "/RetentionInDays",
      ExpectedValue: "7",
      ActualValue: "1",
    });
  });
});
