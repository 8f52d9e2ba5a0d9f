import type { ResourceChange } from "../../domain/deployment/changes.ts";
import type { ResourceDrift } from "../../domain/deployment/drift.ts";
import type { PolicyStatement } from "../../domain/deployment/policy.ts";
import type { StackStatus } from "../../domain/deployment/stack-status.ts";
import type { StoppedTask } from "../../domain/deployment/stopped-tasks.ts";
import type { Parameters, Template } from "../../domain/deployment/template.ts";
import type { Clock } from "../ports.ts";

/** Time. Everything that waits or measures uses it. */
export interface WaitableClock extends Clock {
  /** Resolves after `ms`, or as soon as `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface StackState {
  readonly stack: string;
  readonly id: string;
  readonly status: StackStatus;
  readonly reason?: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  /** Names under which its outputs are exported. */
  readonly exports: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}

export interface ChangeSetRequest {
  readonly stack: string;
  readonly name: string;
  readonly type: "CREATE" | "UPDATE" | "IMPORT";
  readonly description: string;
  readonly template: Template;
  /** Parameters not named here keep the stack's values, or take the template's. */
  readonly parameters: Parameters;
  /** What the stack has now; its parameters are kept. Absent for a stack that does not exist. */
  readonly previous?: StackState;
  readonly tags: Readonly<Record<string, string>>;
  readonly importing?: readonly ImportedResource[];
}

export interface ImportedResource {
  readonly logicalId: string;
  readonly type: string;
  readonly identifier: Readonly<Record<string, string>>;
}

export interface ChangeSet {
  readonly name: string;
  readonly description: string;
  /** `empty`: what was submitted changes nothing. */
  readonly state: "making" | "ready" | "empty" | "failed" | "executing" | "executed" | "obsolete";
  readonly reason?: string;
  readonly changes: readonly ResourceChange[];
}

export interface ChangeSetSummary {
  readonly name: string;
  readonly description: string;
  /** Milliseconds since 1970, by AWS's clock. */
  readonly madeAt: number;
}

/** What is wrong with one resource of a change set. */
export interface Refusal {
  readonly logicalId: string;
  readonly type: string;
  readonly reason: string;
  /** Where in the template: `/Resources/Cluster/Properties/ClusterName`. */
  readonly path?: string;
}

export interface StackEvent {
  readonly id: string;
  readonly at: number;
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
  /** `CREATE_IN_PROGRESS`, …; of the stack itself where `ofStack`. */
  readonly status: string;
  readonly reason?: string;
  readonly ofStack: boolean;
}

export interface StackResource {
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
  readonly status: string;
}

/** CloudFormation. */
export interface Stacks {
  /** @param stack name or id */
  describe(stack: string): Promise<StackState | undefined>;
  /** Creates a change set: if several callers use the same name and stack, exactly one succeeds. */
  propose(request: ChangeSetRequest): Promise<"proposed" | "name taken">;
  changeSet(stack: string, name: string): Promise<ChangeSet | undefined>;
  /** Why it failed, resource by resource; empty if CloudFormation says no more than the change set does. */
  refusals(stack: string, changeSet: string): Promise<readonly Refusal[]>;
  changeSets(stack: string): Promise<readonly ChangeSetSummary[]>;
  execute(stack: string, name: string, token: string): Promise<void>;
  /** A missing one counts as discarded. One that is being created can't be discarded yet. */
  discard(stack: string, name: string): Promise<"discarded" | "being made">;
  /** Events after the one with id `after`, oldest first; the newest 100 if that is unknown. */
  events(stack: string, after: string | undefined): Promise<readonly StackEvent[]>;
  resources(stack: string): Promise<readonly StackResource[]>;
  /** @param retain logical ids that a stuck deletion must not delete */
  delete(stack: string, token: string, retain?: readonly string[]): Promise<void>;
  continueRollback(stack: string, token: string): Promise<void>;
  /** A stack that is no longer being updated has nothing to cancel. */
  cancelUpdate(stack: string, token: string): Promise<void>;
  /** Stacks that import an export, which therefore can't be changed or removed. */
  importers(exportName: string): Promise<readonly string[]>;
  drifts(stack: string, pause: (ms: number) => Promise<void>): Promise<readonly ResourceDrift[]>;
}

export interface RegistryLogin {
  /** The registry's address, as it reports it: `https://123456789012.dkr.ecr.eu-west-1.amazonaws.com`. */
  readonly origin: string;
  readonly username: string;
  readonly password: string;
}

/** ECR. */
export interface Registry {
  /** @returns undefined if there is no such repository */
  repository(name: string): Promise<{ readonly uri: string } | undefined>;
  login(): Promise<RegistryLogin>;
  /** Images of a repository, newest first; none if there is no repository. */
  images(repository: string): Promise<readonly RegistryImage[]>;
  /** The processor of an existing image; undefined for an image for several. */
  architectureOf(repository: string, digest: string): Promise<Architecture | undefined>;
  /** Adds a tag to an existing image. A tag that it already has is not a failure. */
  tag(repository: string, digest: string, tag: string, login: RegistryLogin): Promise<void>;
  deleteImages(repository: string, digests: readonly string[]): Promise<void>;
}

export interface RegistryImage {
  /** `sha256:…` */
  readonly digest: string;
  readonly tags: readonly string[];
  readonly pushedAt: number;
  readonly bytes: number;
}

export type Architecture = "amd64" | "arm64";

/** An image that was built here; only the builder handles its bytes. */
export interface LocalImage {
  readonly digest: string;
  readonly bytes: number;
}

export interface PushTarget {
  readonly repository: string;
  readonly tag: string;
  readonly login: RegistryLogin;
  readonly signal: AbortSignal;
  onProgress(bytesDone: number, bytesTotal: number): void;
}

/** Builds the image and sends it to a registry. */
export interface ImageMaker {
  build(architecture: Architecture): Promise<LocalImage>;
  push(image: LocalImage, target: PushTarget): Promise<void>;
}

export interface ServiceDeployment {
  readonly id: string;
  readonly primary: boolean;
  readonly taskDefinition: string;
  readonly rollout: "COMPLETED" | "IN_PROGRESS" | "FAILED";
  readonly reason?: string;
  readonly desired: number;
  readonly running: number;
  readonly failed: number;
}

export interface ServiceState {
  readonly arn: string;
  readonly status: string;
  readonly taskDefinition: string;
  readonly desired: number;
  readonly running: number;
  readonly deployments: readonly ServiceDeployment[];
  /** Newest first. */
  readonly events: readonly { readonly id: string; readonly at: number; readonly message: string }[];
}

/** ECS services. */
export interface Services {
  service(cluster: string, name: string): Promise<ServiceState | undefined>;
  /** The image that a task definition's container runs. */
  imageOf(taskDefinition: string): Promise<string | undefined>;
}

export interface TaskState extends StoppedTask {
  readonly arn: string;
  readonly taskDefinition: string;
  readonly lastStatus: string;
  readonly stoppedAt?: number;
  readonly createdAt?: number;
  readonly startedBy?: string;
  /** `sha256:…`, once it is pulled. */
  readonly imageDigest?: string;
  readonly address?: string;
  readonly health: string;
  readonly zone?: string;
  /** Names the container to Session Manager, once it runs. */
  readonly runtimeId?: string;
  /** Whether the agent for todos connect runs in it; absent if it was started without one. */
  readonly agent?: { readonly status: string; readonly reason?: string };
}

export interface OneOffTask {
  readonly cluster: string;
  readonly taskDefinition: string;
  readonly command: readonly string[];
  readonly subnets: readonly string[];
  readonly securityGroup: string;
  /** A second call with it gives the first one's task. At most 64 characters. */
  readonly token: string;
  readonly startedBy: string;
}

/** ECS tasks. */
export interface FargateTasks {
  /** @returns the task's ARN, or why it can't be started now */
  run(task: OneOffTask): Promise<{ readonly arn: string } | { readonly refused: string }>;
  /** Those that ECS still knows; stopped ones for about an hour. */
  describe(cluster: string, arns: readonly string[]): Promise<readonly TaskState[]>;
  list(
    cluster: string,
    which: { readonly service: string; readonly status: "RUNNING" | "STOPPED" },
  ): Promise<readonly string[]>;
  stop(cluster: string, arn: string, reason: string): Promise<void>;
}

export interface TunnelRequest {
  readonly cluster: string;
  /** The task's id. */
  readonly task: string;
  readonly runtimeId: string;
  /** Of the task. */
  readonly port: number;
  /** Of this machine; 0 for any that is free. */
  readonly localPort: number;
  /** Notified of what the user should know but that ends nothing. */
  onNote(text: string): void;
}

/** A port of this machine that leads to a port of a task. */
export interface Tunnel {
  readonly session: string;
  readonly localPort: number;
  /** Resolves after `close`. @throws DeployError if it ended otherwise */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/** Session Manager. */
export interface Tunnels {
  /** @throws DeployError `port` if the local one is taken, `session`, `denied`, `unreachable` */
  open(request: TunnelRequest): Promise<Tunnel>;
}

export interface LogLine {
  readonly id: string;
  readonly at: number;
  readonly stream: string;
  readonly text: string;
}

/** CloudWatch Logs. */
export interface Logs {
  /** The last lines of a stream, oldest first; none if it does not exist (yet). */
  last(group: string, stream: string, count: number): Promise<readonly LogLine[]>;
  since(group: string, from: number, filter: string | undefined): Promise<readonly LogLine[]>;
  groups(prefix: string): Promise<readonly { readonly name: string; readonly bytes: number }[]>;
}

export interface Identity {
  readonly account: string;
  readonly arn: string;
}

/** What the account and the region offer, and what already exists. */
export interface Account {
  readonly region: string;
  identity(): Promise<Identity>;
  /** Names of zones in which a subnet can be made. */
  zones(): Promise<readonly string[]>;
  /** By service name, the zones in which an endpoint can be made. */
  endpointServices(names: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Actions that the caller may not do on the statements' resources. */
  deniedActions(caller: string, statements: readonly PolicyStatement[]): Promise<readonly string[]>;
  /** Value of a quota; undefined if unavailable. */
  quota(service: string, code: string): Promise<number | undefined>;
  vpcCount(): Promise<number>;
  /** undefined if not permitted to read. */
  hasRole(name: string): Promise<boolean | undefined>;
  /** Makes a service's own role. @returns its name, `taken` if it exists; undefined if it may not be created */
  makeServiceRole(service: string): Promise<string | undefined>;
  /** An existing VPC, and what matters of it; undefined if there is none. */
  existingNetwork(vpc: string, subnets: readonly string[]): Promise<ExistingNetwork | undefined>;
  /** Names of the private hosted zones that a VPC resolves by, and AWS's services did not make. @throws DeployError */
  privateZones(vpc: string): Promise<readonly string[]>;
  /** Whether a readable CloudTrail trail records data events of Keyspaces. */
  recordsKeyspaces(): Promise<boolean>;
}

export interface ExistingNetwork {
  readonly cidr?: string;
  /** Attributes of a VPC; private names are found, by endpoints and by the service, where both are on. */
  readonly dnsSupport: boolean;
  readonly dnsHostnames: boolean;
  /** Those that were asked for, as far as there are any of that name, and whose they are. */
  readonly subnets: readonly { readonly id: string; readonly vpc: string; readonly zone: string }[];
  /** Of those subnets. */
  readonly routeTables: readonly string[];
  readonly endpoints: readonly ExistingEndpoint[];
}

export interface ExistingEndpoint {
  readonly id: string;
  /** `com.amazonaws.eu-west-1.logs` */
  readonly service: string;
  /** The stack that made it. */
  readonly stack?: string;
  /** Whether the service's usual name leads to it in that network. */
  readonly privateDns: boolean;
  /** Of a gateway: those that lead to it. */
  readonly routeTables: readonly string[];
}

/** Keyspaces, as AWS's own API shows it. */
export interface Keyspaces {
  hasKeyspace(keyspace: string): Promise<boolean>;
  /** Names of a keyspace's tables; none if there is no keyspace. */
  tables(keyspace: string): Promise<readonly string[]>;
  /** With all its tables, permanently. A missing one counts as deleted. */
  delete(keyspace: string): Promise<void>;
}

/** This run of the program. */
export interface Deployer {
  /** Random, for names and tokens; letters and digits, 12 of them. */
  readonly id: string;
  readonly host: string;
  readonly process: number;
  /** Whether that process on that host is known to be gone; false if unknown. */
  isGone(host: string, process: number): boolean;
  /** SHA-256 of a text, in hexadecimal. */
  hash(text: string): string;
}
