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

/** What todos calls by itself; nothing of it can be narrowed to a resource. */
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

/**
 * What CloudFormation calls in the deployer's name to make, change and delete a resource of each type that
 * the templates have. Source: the `handlers` of each type in the CloudFormation registry, without
 * what only features need that the templates do not use.
 */
export const RESOURCE_ACTIONS: Readonly<Record<string, readonly string[]>> = {
  "AWS::EC2::VPC": ["ec2:CreateVpc", "ec2:DeleteVpc", "ec2:ModifyVpcAttribute"],
  "AWS::EC2::Subnet": ["ec2:CreateSubnet", "ec2:DeleteSubnet", "ec2:ModifySubnetAttribute"],
  "AWS::EC2::RouteTable": ["ec2:CreateRouteTable", "ec2:DeleteRouteTable"],
  "AWS::EC2::SubnetRouteTableAssociation": ["ec2:AssociateRouteTable", "ec2:DisassociateRouteTable"],
  "AWS::EC2::SecurityGroup": [
    "ec2:CreateSecurityGroup",
    "ec2:DeleteSecurityGroup",
    "ec2:DescribeSecurityGroups",
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:AuthorizeSecurityGroupEgress",
    "ec2:RevokeSecurityGroupIngress",
    "ec2:RevokeSecurityGroupEgress",
  ],
  "AWS::EC2::SecurityGroupIngress": [
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:RevokeSecurityGroupIngress",
    "ec2:DescribeSecurityGroupRules",
  ],
  "AWS::EC2::VPCEndpoint": ["ec2:CreateVpcEndpoint", "ec2:DeleteVpcEndpoints", "ec2:ModifyVpcEndpoint"],
  "AWS::EC2::FlowLog": [
    "ec2:CreateFlowLogs",
    "ec2:DeleteFlowLogs",
    "ec2:DescribeFlowLogs",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
  ],
  "AWS::IAM::Role": [
    "iam:CreateRole",
    "iam:DeleteRole",
    "iam:GetRolePolicy",
    "iam:PutRolePolicy",
    "iam:DeleteRolePolicy",
    "iam:ListRolePolicies",
    "iam:ListAttachedRolePolicies",
    "iam:UpdateAssumeRolePolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:DeleteRolePermissionsBoundary",
    "iam:TagRole",
    "iam:UntagRole",
    "iam:PassRole",
  ],
  "AWS::Logs::LogGroup": [
    "logs:CreateLogGroup",
    "logs:DeleteLogGroup",
    "logs:PutRetentionPolicy",
    "logs:DeleteRetentionPolicy",
    "logs:ListTagsForResource",
    "logs:TagResource",
    "logs:UntagResource",
  ],
  "AWS::Logs::MetricFilter": [
    "logs:PutMetricFilter",
    "logs:DeleteMetricFilter",
    "logs:DescribeMetricFilters",
  ],
  "AWS::ECR::Repository": [
    "ecr:DeleteRepository",
    "ecr:GetLifecyclePolicy",
    "ecr:PutLifecyclePolicy",
    "ecr:GetRepositoryPolicy",
    "ecr:PutImageScanningConfiguration",
    "ecr:PutImageTagMutability",
    "ecr:ListTagsForResource",
    "ecr:TagResource",
    "ecr:UntagResource",
  ],
  "AWS::Cassandra::Keyspace": [
    "cassandra:Create",
    "cassandra:Drop",
    "cassandra:Select",
    "cassandra:TagResource",
  ],
  "AWS::Cassandra::Table": [
    "cassandra:Create",
    "cassandra:Drop",
    "cassandra:Alter",
    "cassandra:Select",
    "cassandra:TagResource",
  ],
  "AWS::ECS::Cluster": [
    "ecs:CreateCluster",
    "ecs:DeleteCluster",
    "ecs:DescribeClusters",
    "ecs:UpdateCluster",
    "ecs:TagResource",
  ],
  "AWS::ECS::TaskDefinition": [
    "ecs:RegisterTaskDefinition",
    "ecs:DeregisterTaskDefinition",
    "ecs:TagResource",
    "iam:PassRole",
  ],
  "AWS::ECS::Service": ["ecs:CreateService", "ecs:DeleteService", "ecs:UpdateService", "ecs:TagResource"],
  "AWS::ServiceDiscovery::PrivateDnsNamespace": [
    "servicediscovery:CreatePrivateDnsNamespace",
    "servicediscovery:DeleteNamespace",
    "servicediscovery:GetNamespace",
    "servicediscovery:GetOperation",
    "servicediscovery:TagResource",
    "route53:CreateHostedZone",
    "route53:DeleteHostedZone",
    "route53:GetHostedZone",
    "route53:ListHostedZonesByName",
  ],
  "AWS::ServiceDiscovery::Service": [
    "servicediscovery:CreateService",
    "servicediscovery:DeleteService",
    "servicediscovery:GetService",
    "servicediscovery:UpdateService",
    "servicediscovery:TagResource",
  ],
  "AWS::ApplicationAutoScaling::ScalableTarget": [
    "application-autoscaling:RegisterScalableTarget",
    "application-autoscaling:DeregisterScalableTarget",
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:TagResource",
    "iam:CreateServiceLinkedRole",
  ],
  "AWS::ApplicationAutoScaling::ScalingPolicy": [
    "application-autoscaling:PutScalingPolicy",
    "application-autoscaling:DeleteScalingPolicy",
    "application-autoscaling:DescribeScalingPolicies",
  ],
  "AWS::CloudWatch::Alarm": [
    "cloudwatch:PutMetricAlarm",
    "cloudwatch:DeleteAlarms",
    "cloudwatch:DescribeAlarms",
  ],
  "AWS::CloudWatch::Dashboard": [
    "cloudwatch:PutDashboard",
    "cloudwatch:DeleteDashboards",
    "cloudwatch:GetDashboard",
  ],
  "AWS::SNS::Topic": [
    "sns:CreateTopic",
    "sns:DeleteTopic",
    "sns:GetTopicAttributes",
    "sns:SetTopicAttributes",
    "sns:Subscribe",
    "sns:Unsubscribe",
    "sns:ListSubscriptionsByTopic",
  ],
  "AWS::SNS::TopicPolicy": ["sns:SetTopicAttributes", "sns:GetTopicAttributes"],
};

/** Services whose resources have names of ours, and how an ARN of theirs begins with it. */
const NAMED_RESOURCES: Readonly<Record<string, readonly string[]>> = {
  cassandra: ["cassandra:*:/keyspace/todos*", "cassandra:*:/keyspace/system*"],
  ecr: ["ecr:*:repository/todos*"],
  logs: [
    "logs:*:log-group:/ecs/todos*",
    "logs:*:log-group:/vpc/todos*",
    "logs:*:log-group:/aws/ecs/containerinsights/todos*",
  ],
  cloudwatch: ["cloudwatch:*:alarm:todos*", "cloudwatch::dashboard/todos*"],
  sns: ["sns:*:todos*"],
  iam: ["iam::role/Todos*"],
};

/** Actions of those services that know no resource. */
const WITHOUT_RESOURCE = new Set<string>([
  ...READING_ACTIONS,
  "iam:CreateServiceLinkedRole",
  "iam:PassRole",
  "logs:CreateLogDelivery",
  "logs:DeleteLogDelivery",
]);

/** The least that whoever runs todos deploy, rollback and destroy must be allowed. */
export function deployerPolicy(scope: PolicyScope): {
  readonly Version: "2012-10-17";
  readonly Statement: PolicyStatement[];
} {
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
        Action: [...unnamed, "logs:CreateLogDelivery", "logs:DeleteLogDelivery"],
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
function arnsIn({ partition, region, account }: PolicyScope): (pattern: string) => string {
  return (pattern) => {
    const [service = "", place = "", ...rest] = pattern.split(":");
    return `arn:${partition}:${service}:${place === "*" ? region : ""}:${account}:${rest.join(":")}`;
  };
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}
