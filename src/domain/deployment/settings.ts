import type { EnvironmentNames, StackKind } from "./names.ts";
import type { Parameters } from "./template.ts";

/** What a deployer may choose. What is absent keeps the value that the stacks have, or takes the templates'. */
export interface DeploymentSettings {
  readonly architecture: "amd64" | "arm64";
  /** CPU units: 1024 are one virtual CPU. */
  readonly taskCpu?: string;
  /** MiB. */
  readonly taskMemory?: string;
  readonly minTasks?: string;
  readonly maxTasks?: string;
  readonly logRetentionDays?: string;
  readonly alarmEmail?: string;
  readonly alarmTopicArn?: string;
  readonly permissionsBoundaryArn?: string;
  readonly connect?: boolean;
  /** CIDRs and security groups that may reach the service. */
  readonly allowFrom?: readonly string[];
  /** A VPC that is there already, with its subnets. */
  readonly network?: { readonly vpc: string; readonly subnets: readonly string[] };
  readonly tags: Readonly<Record<string, string>>;
}

/** What the network stack is told about a network that it does not make, and about the region's zones. */
export interface NetworkFacts {
  readonly zones?: readonly [string, string];
  /** Of a VPC that is there already. */
  readonly cidr?: string;
  /** Those that are to get a route to S3. */
  readonly routeTables?: readonly string[];
  /** Parameters `Make…Endpoint` by the endpoint's short name. */
  readonly endpoints?: Readonly<Partial<Record<EndpointName, boolean>>>;
}

/** What every task needs. */
export const ENDPOINT_NAMES = ["ecr.api", "ecr.dkr", "logs", "cassandra", "s3"] as const;
/** What `--connect` needs besides. */
export const CONNECT_ENDPOINT = "ssmmessages";
export type EndpointName = (typeof ENDPOINT_NAMES)[number] | typeof CONNECT_ENDPOINT;

export const ENDPOINT_PARAMETERS: Readonly<Record<EndpointName, string>> = {
  "ecr.api": "MakeEcrApiEndpoint",
  "ecr.dkr": "MakeEcrDkrEndpoint",
  logs: "MakeLogsEndpoint",
  cassandra: "MakeCassandraEndpoint",
  s3: "MakeS3Endpoint",
  ssmmessages: "MakeSsmMessagesEndpoint",
};

/** Most CIDRs, and most groups, that `--allow-from` may name. */
export const ALLOWED_SOURCES_MAX = 4;
const SLOTS = ["A", "B", "C", "D"];

/** What the stacks made so far say, by kind. */
export type StackOutputs = Readonly<Partial<Record<StackKind, Readonly<Record<string, string>>>>>;

export interface StackInputs {
  readonly names: EnvironmentNames;
  readonly settings: DeploymentSettings;
  readonly network: NetworkFacts;
  readonly outputs: StackOutputs;
  /** `…/todos@sha256:…` */
  readonly imageUri: string | undefined;
}

/** Values of one stack's parameters. */
export function stackParameters(kind: StackKind, inputs: StackInputs): Parameters {
  const { names, settings, outputs, imageUri } = inputs;
  const { network = {}, registry = {}, cluster = {} } = outputs;
  const connect = settings.connect === undefined ? undefined : String(settings.connect);
  const architecture = settings.architecture === "arm64" ? "ARM64" : "X86_64";
  const task = {
    ImageUri: imageUri,
    Architecture: architecture,
    TaskCpu: settings.taskCpu,
    TaskMemory: settings.taskMemory,
    Connect: connect,
  };
  const parameters: Readonly<Record<StackKind, () => Parameters>> = {
    network: () => ({ EnvironmentSuffix: names.suffix, Connect: connect, ...networkParameters(inputs) }),
    registry: () => ({ EnvironmentSuffix: names.suffix }),
    keyspaces: () => ({ KeyspaceName: names.keyspace }),
    cluster: () => ({
      ...task,
      EnvironmentSuffix: names.suffix,
      KeyspaceName: names.keyspace,
      RepositoryArn: registry.RepositoryArn,
      LogRetentionDays: settings.logRetentionDays,
      PermissionsBoundaryArn: settings.permissionsBoundaryArn,
    }),
    ecs: () => ({
      ...task,
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
    }),
  };
  return parameters[kind]();
}

function networkParameters({ settings, network }: StackInputs): Parameters {
  const { zones, cidr, routeTables, endpoints = {} } = network;
  const made = Object.entries(endpoints).map(([name, make]) => [
    ENDPOINT_PARAMETERS[name as EndpointName],
    String(make),
  ]);
  return {
    ...(zones && { ZoneA: zones[0], ZoneB: zones[1] }),
    ...(settings.network && {
      ExistingVpcId: settings.network.vpc,
      ExistingSubnetIds: settings.network.subnets.join(","),
    }),
    ...(cidr !== undefined && { ExistingVpcCidr: cidr }),
    ...(routeTables && { ExistingRouteTableIds: routeTables.join(",") }),
    ...Object.fromEntries(made),
    ...(settings.allowFrom && allowedSources(settings.allowFrom)),
    PermissionsBoundaryArn: settings.permissionsBoundaryArn,
  };
}

/** Slots that are not used are emptied: what is no longer named is no longer allowed. */
function allowedSources(sources: readonly string[]): Parameters {
  const groups = sources.filter((source) => source.startsWith("sg-"));
  const cidrs = sources.filter((source) => !source.startsWith("sg-"));
  const slots = (name: string, values: readonly string[]) =>
    SLOTS.map((slot, index) => [`${name}${slot}`, values[index] ?? ""]);
  return Object.fromEntries([...slots("AllowFromCidr", cidrs), ...slots("AllowFromGroup", groups)]);
}

/** One sentence for each setting that can't be meant. */
export function settingsMistakes(settings: DeploymentSettings): string[] {
  const sources = settings.allowFrom ?? [];
  const groups = sources.filter((source) => source.startsWith("sg-"));
  const mistakes: string[] = [];
  for (const source of sources) {
    if (!/^(?:sg-[0-9a-f]{8,17}|\d{1,3}(?:\.\d{1,3}){3}\/\d{1,2})$/.test(source)) {
      mistakes.push(
        `--allow-from has "${source}"; it must be a CIDR, as 10.1.0.0/16, or a security group, as sg-0123456789abcdef0`,
      );
    }
  }
  if (groups.length > ALLOWED_SOURCES_MAX || sources.length - groups.length > ALLOWED_SOURCES_MAX) {
    mistakes.push(
      `--allow-from has too many sources; at most ${ALLOWED_SOURCES_MAX} CIDRs and ${ALLOWED_SOURCES_MAX} security groups`,
    );
  }
  if (settings.network && settings.network.subnets.length < 2) {
    mistakes.push("--subnets needs two subnets, in two zones: --subnets subnet-a,subnet-b");
  }
  const min = Number(settings.minTasks ?? 1);
  if (settings.maxTasks !== undefined && Number(settings.maxTasks) < min) {
    mistakes.push(`--max-tasks is ${settings.maxTasks}, less than the ${min} of --min-tasks`);
  }
  return mistakes;
}
