/** The five stacks of one environment, in the order in which they are applied. */
export const STACK_KINDS = ["network", "registry", "keyspaces", "cluster", "ecs"] as const;
export type StackKind = (typeof STACK_KINDS)[number];

export const ENVIRONMENT_CHARS_MAX = 20;
const ENVIRONMENT_PATTERN = new RegExp(`^[a-z][a-z0-9-]{0,${ENVIRONMENT_CHARS_MAX - 1}}$`);

const STACK_NAMES: Readonly<Record<StackKind, string>> = {
  network: "TodosNetworkStack",
  registry: "TodosRegistryStack",
  keyspaces: "TodosKeyspacesStack",
  cluster: "TodosClusterStack",
  ecs: "TodosEcsStack",
};

/** What everything of one environment is called. */
export interface EnvironmentNames {
  /** `default` for the one without a name. */
  readonly environment: string;
  /** What follows every name: empty, or `-NAME`. */
  readonly suffix: string;
  readonly repository: string;
  readonly keyspace: string;
  readonly cluster: string;
  readonly service: string;
  /** The stack whose change sets are the deployers' leases; it never holds a resource. */
  readonly lockStack: string;
  /** Where the service answers inside the VPC. */
  readonly privateUrl: string;
  stack(kind: StackKind): string;
}

/** @returns what is wrong with an environment's name; undefined: nothing */
export function environmentMistake(name: string): string | undefined {
  if (ENVIRONMENT_PATTERN.test(name) && name !== "default") return undefined;
  return `an environment's name begins with a small letter, has small letters, digits and dashes, at most ${ENVIRONMENT_CHARS_MAX} of them, and is not "default"`;
}

/** @param name undefined: the default environment. @throws RangeError for a name that `environmentMistake` refuses */
export function environmentNames(name: string | undefined): EnvironmentNames {
  if (name !== undefined && environmentMistake(name) !== undefined)
    throw new RangeError(`environment "${name}"`);
  const suffix = name === undefined ? "" : `-${name}`;
  return {
    environment: name ?? "default",
    suffix,
    repository: `todos${suffix}`,
    keyspace: `todos${suffix.replaceAll("-", "_")}`,
    cluster: `todos${suffix}`,
    service: `todos${suffix}`,
    lockStack: `TodosDeployLock${suffix}`,
    privateUrl: `http://todos.todos${suffix}.internal:8181`,
    stack: (kind) => `${STACK_NAMES[kind]}${suffix}`,
  };
}
