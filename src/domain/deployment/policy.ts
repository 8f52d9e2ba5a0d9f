import { RESOURCE_ACTIONS } from "./resource-actions.ts";

/** One statement of an IAM policy. */
export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

export interface PolicyScope {
  readonly account: string;
  readonly region: string;
  readonly partition: string;
}

/** What todos itself calls; none of it can be narrowed to a resource. */
export const READING_ACTIONS = [
  "cloudtrail:DescribeTrails",
  "cloudtrail:GetEventSelectors",
  "cloudformation:ListImports",
  "cloudformation:DescribeStackDriftDetectionStatus",
  "ec2:DescribeAvailabilityZones",
  "ec2:DescribeRouteTables",
  "ec2:DescribeSubnets",
  "ec2:DescribeVpcAttribute",
  "ec2:DescribeVpcEndpointServices",
  "ec2:DescribeVpcEndpoints",
  "ec2:DescribeVpcs",
  "ecr:GetAuthorizationToken",
  "ecs:DescribeTaskDefinition",
  "iam:GetRole",
  "iam:SimulatePrincipalPolicy",
  "logs:DescribeLogGroups",
  "route53:ListHostedZonesByVPC",
  "servicequotas:GetServiceQuota",
  "sts:GetCallerIdentity",
] as const;

const STACK_ACTIONS = [
  "cloudformation:CancelUpdateStack",
  "cloudformation:ContinueUpdateRollback",
  "cloudformation:CreateChangeSet",
  "cloudformation:DeleteChangeSet",
  "cloudformation:DeleteStack",
  "cloudformation:DescribeChangeSet",
  "cloudformation:DescribeEvents",
  "cloudformation:DescribeStackEvents",
  "cloudformation:DescribeStackResourceDrifts",
  "cloudformation:DescribeStacks",
  "cloudformation:DetectStackDrift",
  "cloudformation:DetectStackResourceDrift",
  "cloudformation:ExecuteChangeSet",
  "cloudformation:ListChangeSets",
  "cloudformation:ListStackResources",
  "cloudformation:TagResource",
] as const;

const IMAGE_ACTIONS = [
  "ecr:BatchCheckLayerAvailability",
  "ecr:BatchDeleteImage",
  "ecr:BatchGetImage",
  "ecr:CompleteLayerUpload",
  "ecr:DescribeImages",
  "ecr:DescribeRepositories",
  "ecr:GetDownloadUrlForLayer",
  "ecr:InitiateLayerUpload",
  "ecr:PutImage",
  "ecr:UploadLayerPart",
] as const;

const TASK_ACTIONS = [
  "ecs:DescribeServices",
  "ecs:DescribeTasks",
  "ecs:ListTasks",
  "ecs:RunTask",
  "ecs:StopTask",
  "logs:FilterLogEvents",
  "logs:GetLogEvents",
] as const;

/** Services whose resources have our names, and the start of their ARNs. */
const NAMED_RESOURCES: Readonly<Record<string, readonly string[]>> = {
  cassandra: ["cassandra:*:/keyspace/todos*", "cassandra:*:/keyspace/system*"],
  ecr: ["ecr:*:repository/todos*"],
  logs: [
    "logs:*:log-group:/ecs/todos*",
    "logs:*:log-group:/vpc/todos*",
    "logs:*:log-group:/aws/ecs/containerinsights/todos*",
  ],
  cloudwatch: [
    "cloudwatch:*:alarm:todos*",
    // Application Auto Scaling creates them in the name of the policy's creator.
    "cloudwatch:*:alarm:TargetTracking-service/todos*",
    "cloudwatch::dashboard/todos*",
  ],
  sns: ["sns:*:todos*"],
  iam: ["iam::role/Todos*"],
};

/** Actions of those services that support no resource. */
const UNNAMED_ACTIONS = [
  "cloudwatch:GetMetricData",
  "logs:CreateLogDelivery",
  "logs:DeleteLogDelivery",
  "logs:DescribeIndexPolicies",
  "logs:DescribeResourcePolicies",
  "sns:Unsubscribe",
];
const WITHOUT_RESOURCE = new Set<string>([
  ...READING_ACTIONS,
  ...UNNAMED_ACTIONS,
  "iam:CreateServiceLinkedRole",
  "iam:PassRole",
]);

/** What todos itself calls, with all actions of those services; CloudFormation calls the rest. */
const OWN_STATEMENTS = new Set(["Look", "Stacks", "Tasks", "MakeEcr", "MakeLogs"]);

export interface Policy {
  readonly Version: "2012-10-17";
  readonly Statement: readonly PolicyStatement[];
}

/** The deployer's policy in parts that each fit a managed policy: one alone may have 6,144 characters. */
export function deployerPolicies(scope: PolicyScope): readonly [own: Policy, resources: Policy] {
  const { Version, Statement } = deployerPolicy(scope);
  const isOwn = ({ Sid }: PolicyStatement): boolean => OWN_STATEMENTS.has(Sid);
  return [
    { Version, Statement: Statement.filter(isOwn) },
    { Version, Statement: Statement.filter((statement) => !isOwn(statement)) },
  ];
}

/** The least that todos deploy, rollback and destroy must be allowed. */
export function deployerPolicy(scope: PolicyScope): Policy {
  const arn = arnsIn(scope);
  const made = [...new Set(Object.values(RESOURCE_ACTIONS).flat())].sort();
  const direct = [...STACK_ACTIONS, ...IMAGE_ACTIONS, ...TASK_ACTIONS];
  const named = Object.entries(NAMED_RESOURCES).map(
    ([service, resources]): PolicyStatement => ({
      Sid: `Make${service[0]?.toUpperCase()}${service.slice(1)}`,
      Effect: "Allow",
      Action: unique(
        [...made, ...direct].filter(
          (action) => action.startsWith(`${service}:`) && !WITHOUT_RESOURCE.has(action),
        ),
      ),
      Resource: resources.map(arn),
    }),
  );
  const unnamed = made.filter(
    (action) => !((action.split(":")[0] ?? "") in NAMED_RESOURCES) && !action.startsWith("ecs:"),
  );
  return {
    Version: "2012-10-17",
    Statement: [
      { Sid: "Look", Effect: "Allow", Action: [...READING_ACTIONS], Resource: ["*"] },
      {
        Sid: "Stacks",
        Effect: "Allow",
        Action: [...STACK_ACTIONS],
        Resource: [arn("cloudformation:*:stack/Todos*")],
      },
      {
        Sid: "Tasks",
        Effect: "Allow",
        Action: unique([...TASK_ACTIONS, ...made].filter((action) => action.startsWith("ecs:"))),
        Resource: ["*"],
        Condition: { StringEquals: { "aws:RequestedRegion": [scope.region] } },
      },
      ...named,
      {
        Sid: "MakeUnnamed",
        Effect: "Allow",
        Action: [...unnamed, ...UNNAMED_ACTIONS],
        Resource: ["*"],
        Condition: { StringEquals: { "aws:RequestedRegion": [scope.region, "us-east-1"] } },
      },
      {
        Sid: "GiveRoles",
        Effect: "Allow",
        Action: ["iam:PassRole"],
        Resource: [arn("iam::role/Todos*")],
        Condition: {
          StringEquals: { "iam:PassedToService": ["ecs-tasks.amazonaws.com", "vpc-flow-logs.amazonaws.com"] },
        },
      },
      {
        Sid: "ServiceRoles",
        Effect: "Allow",
        Action: ["iam:CreateServiceLinkedRole"],
        Resource: [arn("iam::role/aws-service-role/*")],
        Condition: {
          StringEquals: {
            "iam:AWSServiceName": ["ecs.amazonaws.com", "ecs.application-autoscaling.amazonaws.com"],
          },
        },
      },
    ],
  };
}

/** `service:*:rest` with region and account, `service::rest` with the account alone. */
export function arnsIn({ partition, region, account }: PolicyScope): (pattern: string) => string {
  return (pattern) => {
    const [service = "", place = "", ...rest] = pattern.split(":");
    return `arn:${partition}:${service}:${place === "*" ? region : ""}:${account}:${rest.join(":")}`;
  };
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}
