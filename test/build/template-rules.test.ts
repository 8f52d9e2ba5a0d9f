import { expect, test } from "bun:test";
import { templateOf } from "../../scripts/checks/templates/parse.ts";
import { faultsIn, RULES } from "../../scripts/checks/templates/rules.ts";
import { TEMPLATES } from "../../src/adapters/aws/templates.ts";
import type { StackKind } from "../../src/domain/deployment/stacks.ts";

/** The template with one thing changed. @throws Error if that thing is not in it */
function planted(kind: StackKind, from: string, to: string): string {
  const text = TEMPLATES[kind];
  if (!text.includes(from)) throw new Error(`deploy/${kind}.yaml has no ${from}`);
  return text.replaceAll(from, to);
}

/** The template with one resource more. */
function withResource(kind: StackKind, resource: string): string {
  return planted(kind, "\nResources:\n", `\nResources:\n${resource}\n`);
}

test.each(Object.entries(TEMPLATES))("%s follows every rule", (_, text) => {
  expect(faultsIn(text)).toEqual([]);
});

const PLANTED: readonly (readonly [fault: string, text: string])[] = [
  [
    "policies name their resources: TaskRole: ReadWhatTheSchemaIs is about any resource",
    planted(
      "cluster",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own.
      'Resource: !Sub "arn:${AWS::Partition}:cassandra:${AWS::Region}:${AWS::AccountId}:/keyspace/system*"',
      'Resource: "*"',
    ),
  ],
  [
    "policies name their resources: ExecutionRole: WriteTheLog allows the actions logs:*",
    planted("cluster", "[logs:CreateLogStream, logs:PutLogEvents]", '"logs:*"'),
  ],
  [
    "policies name their resources: ExecutionRole: SignInToTheRegistry allows everything but something",
    planted("cluster", "Action: ecr:GetAuthorizationToken", "NotAction: ecr:DeleteRepository"),
  ],
  [
    "a service may use a role for this account only: FlowLogRole: is for services of any account",
    planted("network", 'StringEquals: { "aws:SourceAccount": !Ref AWS::AccountId }', "StringEquals: {}"),
  ],
  [
    "roles take a permissions boundary: TaskRole: has no PermissionsBoundary",
    planted("cluster", "      PermissionsBoundary: !If [HasBoundary", "      Path: !If [HasBoundary"),
  ],
  [
    "endpoints have policies: S3Endpoint: lets everything through",
    planted("network", "PolicyDocument:", "Policy:"),
  ],
  [
    "endpoints have policies: LogsEndpoint: is not found by the service's usual name",
    planted("network", "PrivateDnsEnabled: true", "PrivateDnsEnabled: false"),
  ],
  [
    "endpoints have policies: EcrDkrEndpoint: PullOurImage is for callers of any account",
    planted("network", '"aws:PrincipalAccount"', '"aws:PrincipalTag/any"'),
  ],
  [
    "there is no route to the internet: Way: is a AWS::EC2::InternetGateway",
    withResource("network", "  Way:\n    Type: AWS::EC2::InternetGateway"),
  ],
  [
    "there is no route to the internet: SubnetA: gives public addresses",
    planted("network", "MapPublicIpOnLaunch: false", "MapPublicIpOnLaunch: true"),
  ],
  [
    "there is no route to the internet: Service: gives tasks public addresses",
    planted("ecs", "AssignPublicIp: DISABLED", "AssignPublicIp: ENABLED"),
  ],
  [
    "nothing is open to everyone: ServiceFromItself: lets everybody in",
    planted("network", "SourceSecurityGroupId: !Ref ServiceSecurityGroup", "CidrIp: 0.0.0.0/0"),
  ],
  [
    "nothing is open to everyone: ServiceFromCidrA: takes addresses that may be everybody's",
    planted("network", "/([1-9]|[12][0-9]|3[0-2])$", "/[0-9]+$"),
  ],
  [
    "nothing is open to everyone: EndpointsFromTasks: opens more than one port",
    planted("network", "ToPort: 443\n", "ToPort: 444\n"),
  ],
  [
    "rules of groups stand by themselves: ServiceSecurityGroup: has some within it",
    planted(
      "network",
      "      SecurityGroupEgress:\n",
      "      SecurityGroupIngress: []\n      SecurityGroupEgress:\n",
    ),
  ],
  [
    "names resolve inside the network: Vpc: gives endpoints no private names",
    planted("network", "EnableDnsHostnames: true", "EnableDnsHostnames: false"),
  ],
  [
    "data outlives its stack: TodoTable: goes with the stack",
    planted("keyspaces", "RetainExceptOnCreate", "Delete"),
  ],
  [
    "data outlives its stack: Keyspace: goes when it is replaced",
    planted("keyspaces", "UpdateReplacePolicy: Retain", "UpdateReplacePolicy: Delete"),
  ],
  [
    "tables can be restored and are encrypted: ChecklistTable: can't be restored to a point in time",
    planted("keyspaces", "PointInTimeRecoveryEnabled: true", "PointInTimeRecoveryEnabled: false"),
  ],
  [
    "tables can be restored and are encrypted: TodoTable: loses rows by itself",
    planted("keyspaces", "DefaultTimeToLive: 0", "DefaultTimeToLive: 60"),
  ],
  [
    "images stay what they are: Repository: lets a tag be moved to another image",
    planted("registry", "ImageTagMutability: IMMUTABLE", "ImageTagMutability: MUTABLE"),
  ],
  [
    "logs are kept for a limited time: LogGroup: is kept forever",
    planted("cluster", "      RetentionInDays: !Ref LogRetentionDays\n", ""),
  ],
  [
    "containers are confined: TaskDefinition: can write to its root file system",
    planted("ecs", "ReadonlyRootFilesystem: true", "ReadonlyRootFilesystem: false"),
  ],
  [
    "containers are confined: OneOffTaskDefinition: does not run as a numbered user other than root",
    planted("cluster", 'User: "65532:65532"', "User: root"),
  ],
  [
    "containers are confined: TaskDefinition: keeps capabilities",
    planted("ecs", "{ Drop: [ALL] }", "!Ref AWS::NoValue"),
  ],
  [
    "containers are confined: TaskDefinition: has a secret in its environment",
    planted("ecs", "{ Name: TODOS_HOST,", "{ Name: CASSANDRA_PASSWORD,"),
  ],
  [
    "images are named by digest: TaskDefinition: may run another image tomorrow",
    planted("ecs", '"^[^@]+@sha256:[0-9a-f]{64}$"', '"^.+$"'),
  ],
  [
    "tasks may finish what they are at: TaskDefinition: is killed before 45 s are over",
    planted("ecs", "StopTimeout: 60", "StopTimeout: 45"),
  ],
  [
    "failing deployments are rolled back: Service: keeps trying",
    planted("ecs", "Rollback: true", "Rollback: false"),
  ],
  [
    "failing deployments are rolled back: Service: resets the number of tasks with every deployment",
    planted("ecs", "      LaunchType: FARGATE\n", "      LaunchType: FARGATE\n      DesiredCount: 2\n"),
  ],
  [
    "scaling policies name what they scale: ScaleByCpu: has no ScalableDimension",
    planted("ecs", "      ScalableDimension: ecs:service:DesiredCount\n", ""),
  ],
  [
    "alarms say what to do, and to whom it is given: CpuAlarm: tells nobody",
    planted("ecs", "      AlarmActions:\n", "      InsufficientDataActions:\n"),
  ],
];

test.each(PLANTED)("%s", (fault, text) => {
  expect(faultsIn(text)).toContain(fault);
});

test("there is a planted fault for every rule", () => {
  const unplanted = RULES.filter(({ name }) => !PLANTED.some(([fault]) => fault.startsWith(`${name}: `)));
  expect(unplanted.map(({ name }) => name)).toEqual([]);
});

test("short forms of functions are read like long ones, also nested", () => {
  const text =
    "Resources:\n  A:\n    Type: T\n    Properties:\n      P: !If [C, !GetAtt B.D.E, !Join [',', [!Ref F]]]\n";
  expect(templateOf(text).resources[0]?.properties.P).toEqual({
    "Fn::If": ["C", { "Fn::GetAtt": ["B", "D.E"] }, { "Fn::Join": [",", [{ Ref: "F" }]] }],
  });
});
