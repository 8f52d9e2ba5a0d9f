import type { Answer, Call, Deviation, Forward } from "./proxy.ts";

// Where fakecloud 0.51.0 is not what AWS documents, as far as a deploy notices. Each says what AWS does.

const OK = 200;
const ZONES = ["eu-west-1a", "eu-west-1b", "eu-west-1c"];
const JSON_TYPE = "application/x-amz-json-1.1";

// biome-ignore lint/suspicious/noExplicitAny: answers of the emulator, of which a few members are read
type Loose = any;

const answer = (body: object, status = OK): Answer => ({
  status,
  body: JSON.stringify(body),
  type: JSON_TYPE,
});

/** AWS takes a number that a template refers to; fakecloud says that it is missing. */
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

/** AWS offers endpoints of these services in every zone; fakecloud knows no endpoint service. */
export const endpointServices: Deviation = {
  name: "there are no VPC endpoint services",
  concerns: ({ service, action }) => service === "ec2" && action === "DescribeVpcEndpointServices",
  async handle(call, forward, seen) {
    const result = await forward(call);
    const wanted = [...new URLSearchParams(call.body)].flatMap(([key, value]) =>
      /^(?:ServiceName\.\d+|Filter\.\d+\.Value\.\d+)$/.test(key) ? [value] : [],
    );
    if (wanted.every((name) => result.body.includes(`<serviceName>${name}</serviceName>`))) return result;
    seen();
    const details = wanted.map(
      (name) =>
        `<item><serviceName>${name}</serviceName><availabilityZoneSet>${ZONES.map((zone) => `<item>${zone}</item>`).join("")}</availabilityZoneSet></item>`,
    );
    const body = `<DescribeVpcEndpointServicesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><serviceDetailSet>${details.join("")}</serviceDetailSet></DescribeVpcEndpointServicesResponse>`;
    return { status: OK, body, type: "text/xml" };
  },
};

/** What the Keyspaces of a test can do for {@link keyspaces}. */
export interface KeyspacesService {
  /** Names of a keyspace's tables; undefined where there is no such keyspace. */
  tables(keyspace: string): Promise<readonly string[] | undefined>;
  drop(keyspace: string): Promise<void>;
}

/** Keyspaces is a service of AWS; fakecloud has none. The stand-in's own tables answer here. */
export const keyspaces = (service: KeyspacesService): Deviation => ({
  name: "there is no Keyspaces",
  concerns: ({ service: name }) => name === "cassandra",
  async handle(call, forward, seen) {
    const emulated = await forward(call);
    if (emulated.status < 400) return emulated;
    seen();
    const { keyspaceName } = JSON.parse(call.body);
    const tables = await service.tables(keyspaceName);
    if (!tables)
      return answer({ __type: "ResourceNotFoundException", message: `${keyspaceName} not found` }, 400);
    if (call.action === "DeleteKeyspace") await service.drop(keyspaceName);
    const resourceArn = `arn:aws:cassandra:eu-west-1:123456789012:/keyspace/${keyspaceName}/`;
    if (call.action !== "ListTables")
      return answer({ keyspaceName, resourceArn, replicationStrategy: "SINGLE_REGION" });
    return answer({ tables: tables.map((tableName) => ({ keyspaceName, tableName, resourceArn })) });
  },
});

/** What a stack's tables are made of when its change set has been executed. */
export const keyspacesTables = (make: (stack: string) => Promise<void>): Deviation => ({
  name: "a stack's Keyspaces tables are not made",
  concerns: ({ action, body }) => action === "ExecuteChangeSet" && body.includes("Keyspaces"),
  async handle(call, forward, seen) {
    const result = await forward(call);
    if (result.status === OK) {
      seen();
      await make(new URLSearchParams(call.body).get("StackName") ?? "");
    }
    return result;
  },
});

interface ServiceTasks {
  readonly running: readonly Loose[];
}

async function ask(forward: Forward, action: string, body: object): Promise<Loose> {
  return JSON.parse((await forward({ service: "ecs", action, body: JSON.stringify(body) })).body);
}

async function tasksOf(forward: Forward, cluster: string, serviceName: string): Promise<ServiceTasks> {
  const { taskArns } = await ask(forward, "ListTasks", { cluster, serviceName });
  if (!taskArns?.length) return { running: [] };
  const { tasks } = await ask(forward, "DescribeTasks", { cluster, tasks: taskArns });
  return { running: tasks.filter(({ lastStatus }: Loose) => lastStatus === "RUNNING") };
}

/**
 * AWS brings a service to a new task definition when its stack is updated, and tells how far its deployment
 * is. fakecloud leaves the tasks alone until UpdateService is called, and never counts or completes.
 */
export const rollout = (isUp: (address: string) => Promise<boolean>): Deviation => ({
  name: "a deployment is neither counted nor completed",
  concerns: ({ service, action }) => service === "ecs" && action === "DescribeServices",
  async handle(call, forward, seen) {
    const result = await forward(call);
    const { cluster } = JSON.parse(call.body);
    const parsed: Loose = JSON.parse(result.body);
    for (const service of parsed.services ?? []) {
      const { running } = await tasksOf(forward, cluster, service.serviceName);
      for (const deployment of service.deployments) {
        const own = running.filter(
          ({ taskDefinitionArn }) => taskDefinitionArn === deployment.taskDefinition,
        );
        const up = await Promise.all(own.map((task) => isUp(addressOf(task))));
        const complete = own.length >= deployment.desiredCount && up.every(Boolean);
        if (complete && deployment.status === "PRIMARY") {
          if (deployment.rolloutState !== "COMPLETED" || deployment.runningCount !== own.length) seen();
          deployment.rolloutState = "COMPLETED";
        }
        deployment.runningCount = own.length;
      }
    }
    return { ...result, body: JSON.stringify(parsed) };
  },
});

const addressOf = (task: Loose): string =>
  task.attachments?.[0]?.details?.find(({ name }: Loose) => name === "privateIPv4Address")?.value ?? "";

/** AWS says which deployment started a task; fakecloud names the service. */
export const startedBy: Deviation = {
  name: "a service's task names the service and not the deployment that started it",
  concerns: ({ service, action }) => service === "ecs" && action === "DescribeTasks",
  async handle(call, forward, seen) {
    const result = await forward(call);
    const { cluster } = JSON.parse(call.body);
    const parsed: Loose = JSON.parse(result.body);
    for (const task of parsed.tasks ?? []) {
      const service = /^ecs-svc\/(\D.*)$/.exec(task.startedBy ?? "")?.[1];
      if (!service) continue;
      seen();
      const { services } = await ask(forward, "DescribeServices", { cluster, services: [service] });
      const deployment = services?.[0]?.deployments?.find(
        ({ taskDefinition }: Loose) => taskDefinition === task.taskDefinitionArn,
      );
      task.startedBy = deployment?.id ?? task.startedBy;
    }
    return { ...result, body: JSON.stringify(parsed) };
  },
};

/** `Call` of which another action is asked, with that action's own parameters. */
export const other = (call: Call, action: string, body: string): Call => ({ ...call, action, body });
