import type { StackKind } from "./stacks/kind.ts";

export type ChangeAction = "add" | "modify" | "remove" | "import";
/** Whether a change replaces the resource; `maybe` if CloudFormation finds out only while it works. */
export type Replacement = "no" | "maybe" | "yes";

/** One property that changes. Values as CloudFormation shows them, absent if it shows none. */
export interface PropertyChange {
  /** `Properties.ContainerDefinitions.0.Image`, or the attribute: `Tags`, `DeletionPolicy`. */
  readonly path: string;
  readonly before?: string;
  readonly after?: string;
  readonly replaces: Replacement;
}

export interface ResourceChange {
  readonly logicalId: string;
  readonly type: string;
  readonly action: ChangeAction;
  readonly replacement: Replacement;
  readonly properties: readonly PropertyChange[];
}

export interface StackPlan {
  readonly kind: StackKind;
  readonly stack: string;
  readonly action: "create" | "update" | "adopt" | "none";
  /** Whether CloudFormation reported it, or the template, because the stack or its inputs don't exist yet. */
  readonly basis: "change set" | "template";
  readonly changes: readonly ResourceChange[];
}

/** Types of resources that hold what cannot be created again. */
const DATA_TYPES = new Map([
  ["AWS::Cassandra::Keyspace", "every checklist and task"],
  ["AWS::Cassandra::Table", "rows"],
  ["AWS::ECR::Repository", "the images that a rollback needs"],
  ["AWS::Logs::LogGroup", "logs"],
]);

/** What a resource of that type contains that can't be created again; undefined: nothing. */
export function dataOf(type: string): string | undefined {
  return DATA_TYPES.get(type);
}
