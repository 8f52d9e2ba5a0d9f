import type { Ask } from "../emulator.ts";
import type { Call, Deviation, Forward } from "../proxy.ts";
import { runningTasks } from "./ecs.ts";

/** Statuses from here up are refusals. */
const REFUSED = 400;

/** AWS accepts a number that the template takes from a parameter. fakecloud says that it is missing. */
export const numbersByReference: Deviation = {
  name: "a number that is a reference to a parameter counts as missing",
  concerns: ({ service, action, body }) =>
    service === "cloudformation" && action === "CreateChangeSet" && body.includes("MinCapacity"),
  handle(call, forward, seen) {
    const form = new URLSearchParams(call.body);
    const template = form.get("TemplateBody") ?? "";
    const literal = template.replaceAll(
      /(M(?:in|ax)Capacity: )!Ref (\w+)/g,
      (_, key: string, name: string) => {
        seen();
        return `${key}${parameterOf(form, name) ?? defaultOf(template, name)}`;
      },
    );
    form.set("TemplateBody", literal);
    return forward({ ...call, body: form.toString() });
  },
};

function parameterOf(form: URLSearchParams, name: string): string | undefined {
  for (const [key, value] of form) {
    const member = /^(Parameters\.member\.\d+\.)ParameterKey$/.exec(key)?.[1];
    if (member && value === name) return form.get(`${member}ParameterValue`) ?? undefined;
  }
  return undefined;
}

const defaultOf = (template: string, name: string): string =>
  new RegExp(`^  ${name}:\\n(?:    .*\\n)*?    Default: (\\d+)`, "m").exec(template)?.[1] ?? "";

/**
 * AWS replaces a service's tasks when its stack gets a new task definition. fakecloud creates a deployment that starts
 * no task until UpdateService is called.
 */
export const serviceTasks = (ask: Ask): Deviation => ({
  name: "an update of a stack does not replace the tasks of its service",
  concerns: isExecution,
  async handle(call, forward, seen) {
    const result = await forward(call);
    const made = await resourcesOf(call, forward);
    const [, cluster = "", service = ""] = made.get("AWS::ECS::Service")?.split("/") ?? [];
    const taskDefinition = made.get("AWS::ECS::TaskDefinition");
    if (service === "") return result;
    const running = await runningTasks(ask, cluster, service);
    if (running.every(({ taskDefinitionArn }) => taskDefinitionArn === taskDefinition)) return result;
    seen();
    await ask("ecs", "UpdateService", { cluster, service, taskDefinition });
    return result;
  },
});

/** AWS raises a service to the minimum of its scaling. fakecloud scales only when told to. */
export const leastTasks = (ask: Ask): Deviation => ({
  name: "a service is not raised to the least number of tasks of its scaling",
  concerns: isExecution,
  async handle(call, forward, seen) {
    const result = await forward(call);
    const { ScalableTargets } = await ask("application-autoscaling", "DescribeScalableTargets", {
      ServiceNamespace: "ecs",
    });
    for (const { ResourceId, MinCapacity } of ScalableTargets) {
      const [, cluster, service] = ResourceId.split("/");
      const { services } = await ask("ecs", "DescribeServices", { cluster, services: [service] });
      if (services.length === 0 || services[0].desiredCount >= MinCapacity) continue;
      seen();
      await ask("ecs", "UpdateService", { cluster, service, desiredCount: MinCapacity });
    }
    return result;
  },
});

function isExecution({ service, action }: Call): boolean {
  return service === "cloudformation" && action === "ExecuteChangeSet";
}

/** Returns the physical ids of a stack's resources by type. */
async function resourcesOf(call: Call, forward: Forward): Promise<ReadonlyMap<string, string>> {
  const form = new URLSearchParams(call.body);
  const asked = new URLSearchParams({
    Action: "ListStackResources",
    Version: form.get("Version") ?? "",
    StackName: form.get("StackName") ?? "",
  });
  const { body } = await forward({ ...call, action: "ListStackResources", body: asked.toString() });
  const value = (xml: string, name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? "";
  return new Map(
    body.split("<member>").map((xml) => [value(xml, "ResourceType"), value(xml, "PhysicalResourceId")]),
  );
}

/**
 * AWS creates a stack for imported resources. fakecloud requires an existing stack. This creates the stack from
 * nothing.
 */
export function stacksByImport(): Deviation {
  const imports = new Map<string, string>();
  const nameIn = (form: URLSearchParams) => `${form.get("StackName")} ${form.get("ChangeSetName")}`;
  return {
    name: "an import does not make a stack",
    concerns: ({ service, action, body }) =>
      isExecution({ service, action, body }) ||
      (service === "cloudformation" && action === "CreateChangeSet" && body.includes("IMPORT")),
    async handle(call, forward, seen) {
      const form = new URLSearchParams(call.body);
      if (call.action === "CreateChangeSet") imports.set(nameIn(form), call.body);
      const result = await forward(call);
      const imported = imports.get(nameIn(form));
      if (!isExecution(call) || imported === undefined || result.status < REFUSED) return result;
      seen();
      const creation = new URLSearchParams(imported);
      for (const key of [...creation.keys()]) if (key.startsWith("ResourcesToImport")) creation.delete(key);
      const name = `${form.get("ChangeSetName")}-again`;
      creation.set("ChangeSetType", "CREATE");
      creation.set("ChangeSetName", name);
      await forward({ ...call, action: "CreateChangeSet", body: creation.toString() });
      form.set("ChangeSetName", name);
      return await forward({ ...call, body: form.toString() });
    },
  };
}
