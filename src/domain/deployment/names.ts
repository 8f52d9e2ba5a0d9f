import type { EnvironmentNames } from "./stacks/stack.ts";
import { STACKS } from "./stacks.ts";

export const ENVIRONMENT_CHARS_MAX = 20;
const ENVIRONMENT_PATTERN = new RegExp(`^[a-z][a-z0-9-]{0,${ENVIRONMENT_CHARS_MAX - 1}}$`);

/** @returns what is wrong with an environment's name; undefined: nothing */
export function environmentMistake(name: string): string | undefined {
  if (ENVIRONMENT_PATTERN.test(name) && name !== "default") return undefined;
  return `an environment's name starts with a lowercase letter, has at most ${ENVIRONMENT_CHARS_MAX} lowercase letters, digits and dashes, and is not "default"`;
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
    stack: (kind) => `${STACKS[kind].name}${suffix}`,
  };
}
