import { secretParameters } from "./account-parameters.ts";
import { MINUTE_MS, type Stack } from "./stack.ts";
import { taskParameters } from "./task-parameters.ts";

/** The cluster, its roles and log group, and the task definition of one-off tasks: `deploy/cluster.yaml`. */
export const clusterStack: Stack = {
  name: "TodosClusterStack",
  predecessors: ["registry"],
  deadlineMs: 20 * MINUTE_MS,
  parameters: (inputs) => {
    const { names, settings, outputs } = inputs;
    return {
      ...taskParameters(inputs),
      EnvironmentSuffix: names.suffix,
      KeyspaceName: names.keyspace,
      RepositoryArn: outputs.registry?.RepositoryArn,
      LogRetentionDays: settings.logRetentionDays,
      PermissionsBoundaryArn: settings.permissionsBoundaryArn,
      ...secretParameters(settings),
    };
  },
};
