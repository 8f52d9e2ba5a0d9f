import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  CreateChangeSetCommand,
  DeleteChangeSetCommand,
  DescribeChangeSetCommand,
  DescribeEventsCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  ListChangeSetsCommand,
} from "@aws-sdk/client-cloudformation";
import { startAws } from "../../../support/aws/double/start.ts";
import { cloudFormation, logs, NETWORK } from "./cloudformation-support.ts";

// Virtual time passes at once, but the machine may be busy.
setDefaultTimeout(60_000);

const ROLE = `
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties: { RoleName: todos, AssumeRolePolicyDocument: {} }
`;

function keyspace(more = ""): string {
  return `
Parameters: { Name: { Type: String, Default: todos } }
Resources:
  Keyspace:
    Type: AWS::Cassandra::Keyspace
    DeletionPolicy: RetainExceptOnCreate
    Properties: { KeyspaceName: !Ref Name }
${more}`;
}

const KEYSPACE_IMPORT = {
  ChangeSetType: "IMPORT" as const,
  ResourcesToImport: [
    {
      ResourceType: "AWS::Cassandra::Keyspace",
      LogicalResourceId: "Keyspace",
      ResourceIdentifier: { KeyspaceName: "todos" },
    },
  ],
};

describe("the double: what a change set says", () => {
  test("nothing to change: FAILED, in AWS's words", async () => {
    await using aws = await startAws();
    const cfn = cloudFormation(aws);
    await cfn.deploy("Logs", logs(7));
    expect(await cfn.plan("Logs", logs(7))).toMatchObject({
      Status: "FAILED",
      ExecutionStatus: "UNAVAILABLE",
      StatusReason:
        "The submitted information didn't contain changes. Submit different information to create a change set.",
    });
  });

  test("a property changed in place: before, after, no replacement", async () => {
    await using aws = await startAws();
    const cfn = cloudFormation(aws);
    await cfn.deploy("Logs", logs(7));
    const { Changes } = await cfn.plan("Logs", logs(30));
    expect(Changes).toHaveLength(1);
    expect(Changes?.[0]?.ResourceChange).toMatchObject({
      Action: "Modify",
      LogicalResourceId: "Log",
      Replacement: "False",
      Scope: ["Properties"],
      Details: [
        {
          Target: {
            Name: "RetentionInDays",
            Path: "/Properties/RetentionInDays",
            RequiresRecreation: "Never",
            BeforeValue: "7",
            AfterValue: "30",
            AttributeChangeType: "Modify",
          },
          Evaluation: "Static",
          ChangeSource: "DirectModification",
        },
      ],
    });
  });

  test("a parameter that replaces a VPC: its user may be replaced, by a value known later", async () => {
    await using aws = await startAws();
    const cfn = cloudFormation(aws);
    await cfn.deploy("Net", NETWORK);
    const Parameters = [{ ParameterKey: "VpcCidr", ParameterValue: "10.1.0.0/16" }];
    const { Changes = [] } = await cfn.plan("Net", NETWORK, { Parameters });
    const [vpc, group] = Changes.map((change) => change.ResourceChange);
    expect(vpc).toMatchObject({
      LogicalResourceId: "Vpc",
      Replacement: "True",
      PolicyAction: "ReplaceAndDelete",
    });
    expect(vpc?.Details?.[0]).toMatchObject({ ChangeSource: "ParameterReference", CausingEntity: "VpcCidr" });
    expect(group).toMatchObject({ LogicalResourceId: "Group", Replacement: "Conditional" });
    expect(group?.Details?.[0]?.Target?.AfterValue).toBe("{{changeSet:KNOWN_AFTER_APPLY}}");
    const stack = await cfn.deploy("Net", NETWORK, { plan: { Parameters } });
    expect(stack.StackStatus).toBe("UPDATE_COMPLETE");
    expect(aws.resources()).toEqual([
      'Net/Group AWS::EC2::SecurityGroup {"GroupDescription":"service","VpcId":"<Net/Vpc>"}',
      'Net/Vpc AWS::EC2::VPC {"CidrBlock":"10.1.0.0/16"}',
      "stack Net",
    ]);
  });

  test("a resource that is removed, one that is added, in pages", async () => {
    await using aws = await startAws({ pageSize: 1 });
    const cfn = cloudFormation(aws);
    await cfn.deploy("S", logs(7));
    const plan = await cfn.plan("S", NETWORK);
    const actions: (string | undefined)[] = [];
    let NextToken: string | undefined;
    do {
      const ask = new DescribeChangeSetCommand({ ChangeSetName: plan.ChangeSetId, NextToken });
      const page = await cfn.client.send(ask);
      expect(page.Changes).toHaveLength(1);
      const change = page.Changes?.[0]?.ResourceChange;
      actions.push(`${change?.Action} ${change?.LogicalResourceId}`);
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    expect(actions).toEqual(["Add Vpc", "Add Group", "Remove Log"]);
  });

  test("tags of the stack reach each resource that can have them", async () => {
    await using aws = await startAws();
    const cfn = cloudFormation(aws);
    await cfn.deploy("Logs", logs(7));
    const { Changes } = await cfn.plan("Logs", logs(7), { Tags: [{ Key: "team", Value: "todos" }] });
    expect(Changes?.[0]?.ResourceChange).toMatchObject({
      Action: "Modify",
      Scope: ["Tags"],
      Replacement: "False",
    });
  });
});

describe("the double: a rejected change set", () => {
  const refusals: readonly (readonly [string, string, object, string, string])[] = [
    [
      "a role without the capability",
      ROLE,
      {},
      "InsufficientCapabilitiesException",
      "Requires capabilities : [CAPABILITY_NAMED_IAM]",
    ],
    [
      "a parameter the template has not",
      NETWORK,
      { Parameters: [{ ParameterKey: "No", ParameterValue: "1" }] },
      "ValidationError",
      "Parameters: [No] do not exist in the template",
    ],
    [
      "an update of no stack",
      NETWORK,
      { ChangeSetType: "UPDATE" },
      "ValidationError",
      "Stack [S] does not exist",
    ],
    [
      "a reference to nothing",
      "Resources: { A: { Type: 'AWS::EC2::Subnet', Properties: { VpcId: !GetAtt B.VpcId } } }",
      {},
      "none",
      "",
    ],
    [
      "a type that is not modelled",
      "Resources: { A: { Type: 'AWS::S3::Nothing' } }",
      {},
      "ValidationError",
      "Template format error: Unrecognized resource types: [AWS::S3::Nothing]",
    ],
    [
      "no resources",
      "Resources: {}",
      {},
      "ValidationError",
      "Template format error: At least one Resources member must be defined.",
    ],
  ];
  test.each(refusals)("%s", async (_what, template, more, name, message) => {
    await using aws = await startAws();
    const asked = cloudFormation(aws).plan("S", template, more);
    if (name !== "none") await expect(asked).rejects.toMatchObject({ name, message });
    else expect((await asked).StatusReason).toContain("references undefined resource B");
  });

  test("a name in use, unless it is the same request again", async () => {
    await using aws = await startAws();
    const cfn = cloudFormation(aws);
    const common = {
      StackName: "S",
      ChangeSetName: "mine",
      ChangeSetType: "CREATE",
      TemplateBody: NETWORK,
    } as const;
    const first = await cfn.client.send(new CreateChangeSetCommand({ ...common, ClientToken: "a" }));
    const again = await cfn.client.send(new CreateChangeSetCommand({ ...common, ClientToken: "a" }));
    expect(again.Id).toBe(first.Id ?? "");
    const other = cfn.client.send(new CreateChangeSetCommand({ ...common, ClientToken: "b" }));
    await expect(other).rejects.toMatchObject({ name: "AlreadyExistsException" });
  });

  test("CREATE for a stack that exists", async () => {
    await using aws = await startAws();
    const cfn = cloudFormation(aws);
    await cfn.deploy("S", NETWORK);
    const asked = cfn.plan("S", NETWORK, { ChangeSetType: "CREATE", ChangeSetName: "again" });
    await expect(asked).rejects.toThrow(
      "Stack [S] already exists and cannot be created again with the changeSet [again].",
    );
  });

  test("one that is being created can't be executed, nor one that was executed; deleting a missing one is no error", async () => {
    await using aws = await startAws();
    const { client, settled } = cloudFormation(aws);
    const names = { StackName: "S", ChangeSetName: "mine" };
    await client.send(
      new CreateChangeSetCommand({ ...names, ChangeSetType: "CREATE", TemplateBody: NETWORK }),
    );
    const execute = () => client.send(new ExecuteChangeSetCommand(names));
    await expect(execute()).rejects.toMatchObject({ name: "InvalidChangeSetStatusException" });
    await aws.clock.wait(5_000);
    await execute();
    await expect(execute()).rejects.toThrow("is in CREATE_IN_PROGRESS state and can not be updated.");
    await settled("S");
    await expect(execute()).rejects.toMatchObject({ name: "InvalidChangeSetStatusException" });
    await client.send(new DeleteChangeSetCommand(names));
    await client.send(new DeleteChangeSetCommand(names));
    await expect(client.send(new DescribeChangeSetCommand(names))).rejects.toMatchObject({
      name: "ChangeSetNotFoundException",
    });
  });

  test("executing one deletes the stack's others", async () => {
    await using aws = await startAws();
    const cfn = cloudFormation(aws);
    await cfn.deploy("Logs", logs(7));
    await cfn.plan("Logs", logs(14));
    await cfn.deploy("Logs", logs(30));
    const { Summaries = [] } = await cfn.client.send(new ListChangeSetsCommand({ StackName: "Logs" }));
    expect(Summaries.map((one) => one.ExecutionStatus)).toEqual(["EXECUTE_COMPLETE"]);
  });
});

describe("the double: existing resources", () => {
  test("a name in use fails the change set before anything is created, and the events say which", async () => {
    await using aws = await startAws();
    aws.plant.stray("AWS::Logs::LogGroup", { LogGroupName: "todos" });
    const { client, plan } = cloudFormation(aws);
    const made = await plan("Logs", logs(7));
    expect(made.Status).toBe("FAILED");
    expect(made.StatusReason).toContain("AWS::EarlyValidation::ResourceExistenceCheck");
    const { OperationEvents } = await client.send(
      new DescribeEventsCommand({ ChangeSetName: made.ChangeSetId }),
    );
    expect(OperationEvents?.[0]).toMatchObject({
      EventType: "VALIDATION_ERROR",
      LogicalResourceId: "Log",
      ValidationStatusReason:
        "Resource of type 'AWS::Logs::LogGroup' with identifier 'todos' already exists.",
    });
  });

  test("without that check the resource fails, and the stack is rolled back", async () => {
    await using aws = await startAws();
    aws.plant.stray("AWS::Logs::LogGroup", { LogGroupName: "todos" });
    const stack = await cloudFormation(aws).deploy("Logs", logs(7), { plan: { DisableValidation: true } });
    expect(stack.StackStatus).toBe("ROLLBACK_COMPLETE");
    expect(aws.resources()).toEqual([
      '- todos AWS::Logs::LogGroup {"LogGroupName":"todos"}',
      "stack Logs ROLLBACK_COMPLETE",
    ]);
  });

  test("it can be imported into a new stack, which owns it from then on", async () => {
    await using aws = await startAws();
    aws.plant.stray("AWS::Cassandra::Keyspace", { KeyspaceName: "todos" });
    const stack = await cloudFormation(aws).deploy("Data", keyspace(), { plan: KEYSPACE_IMPORT });
    expect(stack.StackStatus).toBe("IMPORT_COMPLETE");
    expect(aws.resources()).toEqual([
      'Data/Keyspace AWS::Cassandra::Keyspace {"KeyspaceName":"todos"}',
      "stack Data",
    ]);
  });

  test("an import changes nothing else: no other resource, no output", async () => {
    await using aws = await startAws();
    aws.plant.stray("AWS::Cassandra::Keyspace", { KeyspaceName: "todos" });
    const { plan } = cloudFormation(aws);
    const other = await plan(
      "A",
      keyspace("  Log: { Type: AWS::Logs::LogGroup, DeletionPolicy: Retain }"),
      KEYSPACE_IMPORT,
    );
    expect(other.StatusReason).toStartWith(
      "You have modified resources [Log] in your template that are not being imported.",
    );
    const output = await plan("B", keyspace("Outputs: { Name: { Value: !Ref Keyspace } }"), KEYSPACE_IMPORT);
    expect(output.StatusReason).toBe("As part of the import operation, you cannot modify or add [Outputs]");
  });

  test("ImportExistingResources takes over resources with a literal name, not with one from a parameter", async () => {
    await using aws = await startAws();
    aws.plant.stray("AWS::Cassandra::Keyspace", { KeyspaceName: "todos" });
    const { plan, deploy } = cloudFormation(aws);
    const ImportExistingResources = true;
    expect((await plan("Data", keyspace(), { ImportExistingResources })).Status).toBe("FAILED");
    const literal = keyspace().replace("!Ref Name", "todos");
    const made = await plan("Other", literal, { ImportExistingResources });
    expect(made.Changes?.[0]?.ResourceChange?.Action).toBe("Import");
    const stack = await deploy("Third", literal, { plan: { ImportExistingResources } });
    expect(stack.StackStatus).toBe("CREATE_COMPLETE");
  });

  test("a stack that was never executed has no resources, and is reported as REVIEW_IN_PROGRESS", async () => {
    await using aws = await startAws();
    const { client, plan } = cloudFormation(aws);
    await plan("Net", NETWORK);
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: "Net" }));
    expect(Stacks?.[0]).toMatchObject({ StackStatus: "REVIEW_IN_PROGRESS", Outputs: [] });
    expect(aws.resources()).toEqual(["change set of Net CREATE_COMPLETE", "stack Net REVIEW_IN_PROGRESS"]);
  });
});
