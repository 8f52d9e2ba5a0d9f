import { MINUTE_MS, type Stack } from "./stack.ts";

/** The repository for the images: `deploy/registry.yaml`. */
export const registryStack: Stack = {
  name: "TodosRegistryStack",
  predecessors: [],
  deadlineMs: 15 * MINUTE_MS,
  parameters: ({ names }) => ({ EnvironmentSuffix: names.suffix }),
};
