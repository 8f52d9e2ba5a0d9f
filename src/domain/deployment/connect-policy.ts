import { arnsIn, type Policy, type PolicyScope } from "./policy.ts";

/**
 * The least that todos connect must be allowed. Sources: Service Authorization Reference, "Actions,
 * resources, and condition keys for AWS Systems Manager"; Systems Manager User Guide, "Sample IAM policies for
 * Session Manager"; Amazon ECS Developer Guide, on ECS Exec, for the ARN of a session's target.
 */
export function connectorPolicy(scope: PolicyScope): Policy {
  const arn = arnsIn(scope);
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "FindTheDeployment",
        Effect: "Allow",
        Action: ["cloudformation:DescribeStacks"],
        Resource: [arn("cloudformation:*:stack/Todos*")],
      },
      {
        Sid: "FindItsTasks",
        Effect: "Allow",
        Action: ["ecs:DescribeTasks", "ecs:ListTasks"],
        Resource: ["*"],
        Condition: { StringEquals: { "aws:RequestedRegion": [scope.region] } },
      },
      {
        Sid: "OpenAPort",
        Effect: "Allow",
        Action: ["ssm:StartSession"],
        Resource: [
          arn("ecs:*:task/todos*"),
          // It belongs to no account.
          `arn:${scope.partition}:ssm:${scope.region}::document/AWS-StartPortForwardingSession`,
        ],
      },
      {
        Sid: "UseAndEndIt",
        Effect: "Allow",
        Action: ["ssm:ResumeSession", "ssm:TerminateSession", "ssmmessages:OpenDataChannel"],
        Resource: [arn("ssm:*:session/*")],
      },
    ],
  };
}
