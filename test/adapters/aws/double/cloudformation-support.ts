import {
  CloudFormationClient,
  CreateChangeSetCommand,
  type CreateChangeSetCommandInput,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  type ExecuteChangeSetCommandInput,
  type Stack,
} from "@aws-sdk/client-cloudformation";
import type { Aws } from "../../../support/aws/double/start.ts";

const POLL_MS = 1_000;

/** A network of two resources, one of which needs the other. */
export const NETWORK = `
Parameters:
  VpcCidr: { Type: String, Default: 10.0.0.0/16 }
  Suffix: { Type: String, Default: "" }
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties: { CidrBlock: !Ref VpcCidr }
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: !Sub "service\${Suffix}"
      VpcId: !Ref Vpc
Outputs:
  VpcId:
    Value: !Ref Vpc
    Export: { Name: !Sub "\${AWS::StackName}:VpcId" }
`;

/** Changed in place: a log group's retention. @param days of retention */
export function logs(days: number, more = ""): string {
  return `
Resources:
  Log:
    Type: AWS::Logs::LogGroup
    Properties: { LogGroupName: todos, RetentionInDays: ${days} }
${more}`;
}

export interface Cfn {
  readonly client: CloudFormationClient;
  plan(
    stack: string,
    template: string,
    more?: Partial<CreateChangeSetCommandInput>,
  ): ReturnType<typeof describe>;
  /** @returns the stack as it came to rest */
  deploy(stack: string, template: string, more?: DeployOptions): Promise<Stack>;
  begin(stack: string, template: string, more?: DeployOptions): Promise<void>;
  settled(stack: string): Promise<Stack>;
  until(stack: string, isReached: (status: string) => boolean): Promise<Stack>;
  /** `LogicalId STATUS`, oldest first. */
  events(stack: string): Promise<string[]>;
}

export interface DeployOptions {
  readonly plan?: Partial<CreateChangeSetCommandInput>;
  readonly execution?: Partial<ExecuteChangeSetCommandInput>;
}

function describe(client: CloudFormationClient, StackName: string, ChangeSetName: string) {
  return client.send(new DescribeChangeSetCommand({ StackName, ChangeSetName, IncludePropertyValues: true }));
}

export function cloudFormation(aws: Aws): Cfn {
  const client = new CloudFormationClient({ ...aws.client, maxAttempts: 1 });
  let plans = 0;
  const stackOf = async (StackName: string) => {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }));
    const [stack] = Stacks;
    if (stack === undefined) throw new Error("DescribeStacks gave none");
    return stack;
  };
  const until: Cfn["until"] = async (name, isReached) => {
    let stack = await stackOf(name);
    for (const { StackId: id = name } = stack; !isReached(stack.StackStatus ?? ""); stack = await stackOf(id))
      await aws.clock.wait(POLL_MS);
    return stack;
  };
  const planned = async (
    StackName: string,
    TemplateBody: string,
    more: Partial<CreateChangeSetCommandInput> = {},
  ) => {
    const ChangeSetName = `plan-${++plans}`;
    const exists = aws.stacks()[StackName] !== undefined && aws.stacks()[StackName] !== "REVIEW_IN_PROGRESS";
    const ChangeSetType = exists ? "UPDATE" : "CREATE";
    await client.send(
      new CreateChangeSetCommand({ StackName, ChangeSetName, TemplateBody, ChangeSetType, ...more }),
    );
    let plan = await describe(client, StackName, more.ChangeSetName ?? ChangeSetName);
    for (; plan.Status?.startsWith("CREATE_") && plan.Status !== "CREATE_COMPLETE"; ) {
      await aws.clock.wait(POLL_MS);
      plan = await describe(client, StackName, more.ChangeSetName ?? ChangeSetName);
    }
    return plan;
  };
  const begin: Cfn["begin"] = async (StackName, template, { plan, execution } = {}) => {
    const { Status, StatusReason, ChangeSetName } = await planned(StackName, template, plan);
    if (Status !== "CREATE_COMPLETE") throw new Error(`the change set failed: ${StatusReason}`);
    await client.send(new ExecuteChangeSetCommand({ StackName, ChangeSetName, ...execution }));
  };
  const settled = (name: string) => until(name, (status) => !status.endsWith("_IN_PROGRESS"));
  return {
    ...{ client, plan: planned, begin, until, settled },
    deploy: async (name, template, more) => {
      await begin(name, template, more);
      return settled(name);
    },
    events: async (StackName) => {
      const lines: string[] = [];
      let NextToken: string | undefined;
      do {
        const page = await client.send(new DescribeStackEventsCommand({ StackName, NextToken }));
        lines.push(
          ...(page.StackEvents ?? []).map((one) => `${one.LogicalResourceId} ${one.ResourceStatus}`),
        );
        NextToken = page.NextToken;
      } while (NextToken !== undefined);
      return lines.reverse();
    },
  };
}
