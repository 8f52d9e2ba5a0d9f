import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  CloudTrailClient,
  DescribeTrailsCommand,
  GetEventSelectorsCommand,
} from "@aws-sdk/client-cloudtrail";
import {
  DescribeAvailabilityZonesCommand,
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  DescribeVpcEndpointServicesCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcsCommand,
  EC2Client,
} from "@aws-sdk/client-ec2";
import {
  CreateServiceLinkedRoleCommand,
  GetRoleCommand,
  IAMClient,
  SimulatePrincipalPolicyCommand,
} from "@aws-sdk/client-iam";
import {
  GetKeyspaceCommand,
  GetTableCommand,
  KeyspacesClient,
  ListTablesCommand,
} from "@aws-sdk/client-keyspaces";
import { GetServiceQuotaCommand, ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { SSMClient, StartSessionCommand } from "@aws-sdk/client-ssm";
import { startAws } from "../../../support/aws/double/start.ts";
import { cloudFormation } from "./cloudformation-support.ts";
import { ecsBench } from "./ecs-support.ts";

// Virtual time passes at once, but the machine may be busy.
setDefaultTimeout(60_000);

const NETWORK = `
Resources:
  Vpc: { Type: AWS::EC2::VPC, Properties: { CidrBlock: 10.0.0.0/16, EnableDnsHostnames: true } }
  Subnet:
    Type: AWS::EC2::Subnet
    Properties:
      VpcId: !Ref Vpc
      CidrBlock: !Select [1, !Cidr [!GetAtt Vpc.CidrBlock, 4, 8]]
      AvailabilityZone: !Select [0, !GetAZs ""]
  Routes: { Type: AWS::EC2::RouteTable, Properties: { VpcId: !Ref Vpc } }
  Association:
    Type: AWS::EC2::SubnetRouteTableAssociation
    Properties: { SubnetId: !Ref Subnet, RouteTableId: !Ref Routes }
  Storage:
    Type: AWS::EC2::VPCEndpoint
    Properties: { VpcId: !Ref Vpc, ServiceName: !Sub "com.amazonaws.\${AWS::Region}.s3", RouteTableIds: [!Ref Routes] }
`;

describe("the double: the account", () => {
  test("zones, and where an endpoint can be created", async () => {
    await using aws = await startAws({ region: "eu-central-1" });
    const ec2 = new EC2Client(aws.client);
    const zones = await ec2.send(new DescribeAvailabilityZonesCommand({}));
    expect(zones.AvailabilityZones?.map((zone) => zone.ZoneName)).toEqual([
      "eu-central-1a",
      "eu-central-1b",
      "eu-central-1c",
    ]);
    const name = "com.amazonaws.eu-central-1.cassandra";
    aws.plant.endpointZones.set(name, ["eu-central-1b"]);
    const { ServiceDetails } = await ec2.send(
      new DescribeVpcEndpointServicesCommand({ ServiceNames: [name] }),
    );
    expect(ServiceDetails?.[0]).toMatchObject({ ServiceName: name, AvailabilityZones: ["eu-central-1b"] });
    const none = ec2.send(new DescribeVpcEndpointServicesCommand({ ServiceNames: ["com.amazonaws.none"] }));
    await expect(none).rejects.toMatchObject({ name: "InvalidServiceName" });
  });

  test("a network as its stack created it, found by filters and tags", async () => {
    await using aws = await startAws();
    await cloudFormation(aws).deploy("Net", NETWORK);
    const ec2 = new EC2Client(aws.client);
    const { Vpcs: [vpc] = [] } = await ec2.send(
      new DescribeVpcsCommand({ Filters: [{ Name: "tag:aws:cloudformation:stack-name", Values: ["Net"] }] }),
    );
    const VpcId = vpc?.VpcId ?? "";
    const Filters = [{ Name: "vpc-id", Values: [VpcId] }];
    const { Subnets: [subnet] = [] } = await ec2.send(new DescribeSubnetsCommand({ Filters }));
    expect(subnet).toMatchObject({ CidrBlock: "10.0.1.0/24", AvailabilityZone: "eu-west-1a", VpcId });
    const bySubnet = [{ Name: "association.subnet-id", Values: [subnet?.SubnetId ?? ""] }];
    const { RouteTables: [table] = [] } = await ec2.send(
      new DescribeRouteTablesCommand({ Filters: bySubnet }),
    );
    const { VpcEndpoints } = await ec2.send(new DescribeVpcEndpointsCommand({ Filters }));
    expect(VpcEndpoints).toHaveLength(1);
    expect(VpcEndpoints?.[0]).toMatchObject({
      State: "available",
      RouteTableIds: [table?.RouteTableId ?? ""],
    });
    const other = [{ Name: "vpc-id", Values: ["vpc-other"] }];
    expect((await ec2.send(new DescribeSubnetsCommand({ Filters: other }))).Subnets).toEqual([]);
    const none = ec2.send(new DescribeVpcsCommand({ VpcIds: ["vpc-other"] }));
    await expect(none).rejects.toMatchObject({ name: "InvalidVpcID.NotFound" });
  });

  test("permissions: the simulation says what the call itself would say", async () => {
    await using aws = await startAws();
    aws.plant.account.denied.add("ecs:*").add("ecr:PutImage");
    const PolicySourceArn = aws.deployer.arn;
    const ActionNames = ["ecs:RunTask", "ecr:PutImage", "ecr:DescribeImages"];
    const { EvaluationResults } = await new IAMClient(aws.client).send(
      new SimulatePrincipalPolicyCommand({ PolicySourceArn, ActionNames }),
    );
    expect(EvaluationResults?.map((one) => one.EvalDecision)).toEqual([
      "implicitDeny",
      "implicitDeny",
      "allowed",
    ]);
  });

  test("roles, quotas, trails", async () => {
    await using aws = await startAws();
    const iam = new IAMClient(aws.client);
    const role = () => iam.send(new GetRoleCommand({ RoleName: "AWSServiceRoleForECS" }));
    aws.plant.account.serviceRoles = new Map();
    await expect(role()).rejects.toMatchObject({ name: "NoSuchEntityException" });
    const making = () =>
      iam.send(new CreateServiceLinkedRoleCommand({ AWSServiceName: "ecs.amazonaws.com" }));
    await making();
    await expect(making()).rejects.toMatchObject({ name: "InvalidInputException" });
    expect((await role()).Role?.RoleName).toBe("AWSServiceRoleForECS");
    aws.plant.account.quotas.set("L-F678F1CE", 5);
    const quota = new GetServiceQuotaCommand({ ServiceCode: "vpc", QuotaCode: "L-F678F1CE" });
    expect((await new ServiceQuotasClient(aws.client).send(quota)).Quota?.Value).toBe(5);
    aws.plant.account.recordsKeyspaces = true;
    const trails = new CloudTrailClient(aws.client);
    const { trailList = [] } = await trails.send(new DescribeTrailsCommand({}));
    const selectors = await trails.send(new GetEventSelectorsCommand({ TrailName: trailList[0]?.TrailARN }));
    expect(JSON.stringify(selectors.AdvancedEventSelectors)).toContain("AWS::Cassandra::Table");
  });

  test("keyspaces and tables are those of the stacks, and those that remained", async () => {
    await using aws = await startAws();
    const keyspaces = new KeyspacesClient({ ...aws.client, maxAttempts: 1 });
    const keyspace = { keyspaceName: "todos" };
    await expect(keyspaces.send(new GetKeyspaceCommand(keyspace))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
    await cloudFormation(aws).deploy(
      "Data",
      "Resources: { Keyspace: { Type: AWS::Cassandra::Keyspace, Properties: { KeyspaceName: todos } } }",
    );
    aws.plant.stray("AWS::Cassandra::Table", { KeyspaceName: "todos", TableName: "checklist" });
    expect((await keyspaces.send(new GetKeyspaceCommand(keyspace))).keyspaceName).toBe("todos");
    const { tables } = await keyspaces.send(new ListTablesCommand(keyspace));
    expect(tables?.map((table) => table.tableName)).toEqual(["checklist"]);
    expect((await keyspaces.send(new GetTableCommand({ ...keyspace, tableName: "checklist" }))).status).toBe(
      "ACTIVE",
    );
  });

  test("a session reaches a running task and no other", async () => {
    await using aws = await startAws();
    const bench = ecsBench(aws);
    await bench.deploy("first");
    const [task] = await bench.tasks("RUNNING");
    const id = task?.taskArn?.split("/").at(-1);
    const ssm = new SSMClient({ ...aws.client, maxAttempts: 1 });
    const session = await ssm.send(new StartSessionCommand({ Target: `ecs:todos_${id}_${id}-1` }));
    expect(session.StreamUrl).toStartWith("ws://127.0.0.1:");
    const none = ssm.send(new StartSessionCommand({ Target: "ecs:todos_0_0-1" }));
    await expect(none).rejects.toMatchObject({ name: "TargetNotConnected" });
  });
});
