import type { NetworkFacts } from "../network-facts.ts";
import type { DeploymentSettings } from "../settings.ts";
import type { Parameters } from "../template.ts";
import type { StackKind } from "./kind.ts";

/** Everything the deployer knows about one of the five stacks. */
export interface Stack {
  /** In the default environment; any other adds its suffix. */
  readonly name: string;
  /** The stacks whose outputs are its parameters: it is applied after them. */
  readonly predecessors: readonly StackKind[];
  /** The deployer stops waiting for an operation after this, ms; CloudFormation continues, and the next run joins it. */
  readonly deadlineMs: number;
  /** Values of its parameters, as far as they are known. */
  parameters(inputs: StackInputs): Parameters;
}

export interface StackInputs {
  readonly names: EnvironmentNames;
  readonly settings: DeploymentSettings;
  readonly network: NetworkFacts;
  readonly outputs: StackOutputs;
  /** `…/todos@sha256:…` */
  readonly imageUri: string | undefined;
  /** Parameters that the stack has now; absent if it is not there. */
  readonly before?: Readonly<Record<string, string>>;
  /** When this deploy began, as in RFC 3339; absent where nothing is being deployed. */
  readonly at?: string;
}

/** Outputs of the stacks made so far, by kind. */
export type StackOutputs = Readonly<Partial<Record<StackKind, Readonly<Record<string, string>>>>>;

/** The names of everything in one environment. */
export interface EnvironmentNames {
  /** `default` for the one without a name. */
  readonly environment: string;
  /** The suffix of every name: empty, or `-NAME`. */
  readonly suffix: string;
  readonly repository: string;
  readonly keyspace: string;
  readonly cluster: string;
  readonly service: string;
  /** The stack whose change sets are the deployers' leases; it never holds a resource. */
  readonly lockStack: string;
  /** The service's URL inside the VPC. */
  readonly privateUrl: string;
  stack(kind: StackKind): string;
}

export const MINUTE_MS = 60_000;
