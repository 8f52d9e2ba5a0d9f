import { clusterStack } from "./stacks/cluster.ts";
import { ecsStack } from "./stacks/ecs.ts";
import { keyspacesStack } from "./stacks/keyspaces.ts";
import type { StackKind } from "./stacks/kind.ts";
import { networkStack } from "./stacks/network.ts";
import { registryStack } from "./stacks/registry.ts";
import type { Stack } from "./stacks/stack.ts";

export { STACK_KINDS, type StackKind } from "./stacks/kind.ts";
export type { EnvironmentNames, StackOutputs } from "./stacks/stack.ts";

export const STACKS: Readonly<Record<StackKind, Stack>> = {
  network: networkStack,
  registry: registryStack,
  keyspaces: keyspacesStack,
  cluster: clusterStack,
  ecs: ecsStack,
};
