import type { Ask, Loose } from "../emulator.ts";
import type { Deviation } from "../proxy.ts";

/** Returns the running tasks of a service. */
export async function runningTasks(ask: Ask, cluster: string, serviceName: string): Promise<Loose[]> {
  const { taskArns } = await ask("ecs", "ListTasks", { cluster, serviceName });
  if (taskArns.length === 0) return [];
  const { tasks } = await ask("ecs", "DescribeTasks", { cluster, tasks: taskArns });
  return tasks.filter(({ lastStatus }: Loose) => lastStatus === "RUNNING");
}

function addressOf(task: Loose): string {
  const details: Loose[] = task.attachments.flatMap(({ details }: Loose) => details);
  return details.find(({ name }) => name === "privateIPv4Address").value;
}

/**
 * AWS counts a deployment's running tasks. It calls the deployment complete when all of them are healthy and the old
 * ones are gone. fakecloud leaves it at no task and IN_PROGRESS. Here, `isUp` decides whether a task is healthy.
 */
export const rollout = (ask: Ask, isUp: (address: string) => Promise<boolean>): Deviation => ({
  name: "a deployment's tasks are not counted, and it is never complete",
  concerns: ({ service, action }) => service === "ecs" && action === "DescribeServices",
  async handle(call, forward, seen) {
    const result = await forward(call);
    const { cluster } = JSON.parse(call.body);
    const answer: Loose = JSON.parse(result.body);
    for (const service of answer.services ?? []) {
      const running = await runningTasks(ask, cluster, service.serviceName);
      for (const deployment of service.deployments) {
        const own = running.filter(
          ({ taskDefinitionArn }) => taskDefinitionArn === deployment.taskDefinition,
        );
        if (own.length > 0 && deployment.runningCount === 0) seen();
        deployment.runningCount = own.length;
        if (deployment.status !== "PRIMARY") continue;
        const areUp = (await Promise.all(own.map((task) => isUp(addressOf(task))))).every(Boolean);
        const isAlone = running.length === own.length && own.length === deployment.desiredCount;
        if (areUp && isAlone) {
          if (deployment.rolloutState !== "COMPLETED") seen();
          deployment.rolloutState = "COMPLETED";
          // Nothing is left of earlier deployments.
          service.deployments = [deployment];
        }
      }
    }
    return { ...result, body: JSON.stringify(answer) };
  },
});

/** AWS says which deployment started a task. fakecloud names the service. */
export const startedBy = (ask: Ask): Deviation => ({
  name: "a service's task names the service and not the deployment that started it",
  concerns: ({ service, action }) => service === "ecs" && action === "DescribeTasks",
  async handle(call, forward, seen) {
    const result = await forward(call);
    const { cluster } = JSON.parse(call.body);
    const answer: Loose = JSON.parse(result.body);
    for (const task of answer.tasks ?? []) {
      const service = /^ecs-svc\/(\D.*)$/.exec(task.startedBy ?? "")?.[1];
      if (!service) continue;
      seen();
      const { services } = await ask("ecs", "DescribeServices", { cluster, services: [service] });
      const deployment = services[0]?.deployments.find(
        ({ taskDefinition }: Loose) => taskDefinition === task.taskDefinitionArn,
      );
      task.startedBy = deployment?.id ?? task.startedBy;
    }
    return { ...result, body: JSON.stringify(answer) };
  },
});
