import type { Parameters } from "../template.ts";
import { accountParameters } from "./account-parameters.ts";
import { MINUTE_MS, type Stack, type StackInputs } from "./stack.ts";
import { taskParameters } from "./task-parameters.ts";

/** The service, its scaling, alarms and dashboard: `deploy/ecs.yaml`. */
export const ecsStack: Stack = {
  name: "TodosEcsStack",
  predecessors: ["network", "registry", "cluster"],
  deadlineMs: 60 * MINUTE_MS,
  parameters: (inputs) => {
    const { names, settings, outputs } = inputs;
    const { network = {}, cluster = {} } = outputs;
    const ofTasks = { ...taskParameters(inputs), ...accountParameters(settings) };
    return {
      ...ofTasks,
      DeployedAt: deployedAt(ofTasks, inputs),
      EnvironmentSuffix: names.suffix,
      VpcId: network.VpcId,
      SubnetIds: network.SubnetIds,
      ServiceSecurityGroupId: network.ServiceSecurityGroupId,
      ClusterName: cluster.ClusterName,
      ExecutionRoleArn: cluster.ExecutionRoleArn,
      TaskRoleArn: cluster.TaskRoleArn,
      LogGroupName: cluster.LogGroupName,
      KeyspaceName: names.keyspace,
      MinTasks: settings.minTasks,
      MaxTasks: settings.maxTasks,
      AlarmTopicArn: settings.alarmTopicArn,
      AlarmEmail: settings.alarmEmail,
    };
  },
};

/** What replaces no task leaves the time as it is: else each deploy would replace all of them. */
function deployedAt(ofTasks: Parameters, { before, at }: StackInputs): string | undefined {
  const isOther = ([name, value]: [string, string | undefined]) =>
    value !== undefined && value !== before?.[name];
  return Object.entries(ofTasks).some(isOther) ? at : undefined;
}
