/** The five stacks of one environment, in the order in which they are applied. */
export const STACK_KINDS = ["network", "registry", "keyspaces", "cluster", "ecs"] as const;
export type StackKind = (typeof STACK_KINDS)[number];
