import { MINUTE_MS, type Stack } from "./stack.ts";

/** The keyspace and its first tables: `deploy/keyspaces.yaml`. */
export const keyspacesStack: Stack = {
  name: "TodosKeyspacesStack",
  predecessors: [],
  deadlineMs: 30 * MINUTE_MS,
  parameters: ({ names }) => ({ KeyspaceName: names.keyspace }),
};
