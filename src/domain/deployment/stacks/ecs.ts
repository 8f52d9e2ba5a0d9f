import { accountParameters } from "./account-parameters.ts";
import { MINUTE_MS, type Stack } from "./stack.ts";
import { taskParameters } from "./task-parameters.ts";

/** The service, its scaling, alarms and dashboard: `deploy/ecs.yaml`. */
export const ecsStack: Stack = {
  name: "TodosEcsStack",
  predecessors: ["network", "registry", "cluster"],
  deadlineMs: 60 * MINUTE_MS,
  parameters: (inputs) => {
    const { names, settings, outputs } = inputs;
    const { network = {}, cluster = {} } = outputs;
    return {
      ...taskParameters(inputs),
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
      ...accountParameters(settings),
    };
  },
};
