import type {
  ChangeSetStatus,
  ExecutionStatus,
  ResourceStatus,
  StackStatus,
} from "@aws-sdk/client-cloudformation";
import type { Fields } from "../fields.ts";
import type { Physical } from "../world.ts";
import type { Template, TemplateResource } from "./template.ts";

/** What a stack should become: a template and the values for it. */
export interface Desired {
  readonly template: Template;
  /** The template as sent. */
  readonly text: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly tags: ReadonlyMap<string, string>;
}

export interface StackResource {
  readonly logicalId: string;
  readonly type: string;
  readonly template: TemplateResource;
  physicalId: string | undefined;
  properties: Fields;
  status: ResourceStatus;
  reason: string | undefined;
  at: Date;
}

export interface StackEvent {
  readonly id: string;
  readonly logicalId: string;
  readonly physicalId: string | undefined;
  readonly type: string;
  readonly at: Date;
  readonly status: ResourceStatus;
  readonly reason: string | undefined;
  readonly properties: Fields | undefined;
  readonly token: string | undefined;
}

export interface Output {
  readonly key: string;
  readonly value: string;
  readonly description: string | undefined;
  readonly exportName: string | undefined;
}

/** One property of a resource that a change set would change. */
export interface PropertyChange {
  readonly attribute: "Properties" | "Tags";
  /** The top-level property: `ContainerDefinitions`. */
  readonly name: string;
  /** The path inside the resource: `/Properties/ContainerDefinitions/0/Image`. */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly recreation: "Never" | "Conditionally" | "Always";
  readonly isStatic: boolean;
  readonly source: "DirectModification" | "ParameterReference" | "ResourceReference";
  readonly causingEntity: string | undefined;
}

export interface ResourceChange {
  readonly action: "Add" | "Modify" | "Remove" | "Import";
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId: string | undefined;
  readonly replacement: "True" | "False" | "Conditional" | undefined;
  readonly policyAction: "Delete" | "Retain" | "ReplaceAndDelete" | "ReplaceAndRetain" | undefined;
  readonly details: readonly PropertyChange[];
  readonly before: Fields | undefined;
  readonly after: Fields | undefined;
}

export interface Import {
  readonly logicalId: string;
  readonly physical: Physical;
}

export interface ValidationProblem {
  readonly logicalId: string;
  readonly name: string;
  readonly path: string;
  readonly reason: string;
}

export interface ChangeSet {
  readonly id: string;
  readonly name: string;
  readonly kind: "CREATE" | "UPDATE" | "IMPORT";
  readonly token: string | undefined;
  readonly createdAt: Date;
  readonly desired: Desired;
  readonly capabilities: readonly string[];
  readonly onStackFailure: string | undefined;
  readonly importExisting: boolean;
  readonly description: string | undefined;
  imports: readonly Import[];
  changes: readonly ResourceChange[];
  problems: readonly ValidationProblem[];
  status: ChangeSetStatus;
  executionStatus: ExecutionStatus;
  reason: string | undefined;
}

/** What a rollback still has to do. Kept while the rollback has failed. */
export interface Rollback {
  readonly before: ReadonlyMap<string, StackResource>;
  readonly desired: Desired;
  readonly outputs: readonly Output[];
  /** Logical ids to restore. */
  readonly pending: Set<string>;
  /** Resources that the failed update created. */
  readonly made: readonly { readonly resource: StackResource; readonly isReplacement: boolean }[];
}

export interface Stack {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  updatedAt: Date | undefined;
  deletedAt: Date | undefined;
  status: StackStatus;
  reason: string | undefined;
  desired: Desired | undefined;
  capabilities: readonly string[];
  outputs: readonly Output[];
  readonly resources: Map<string, StackResource>;
  readonly events: StackEvent[];
  changeSets: ChangeSet[];
  changeSetId: string | undefined;
  isProtected: boolean;
  rollback: Rollback | undefined;
  /** Ends the operation in progress, when an update is cancelled or a deletion comes during creation. */
  underWay: AbortController | undefined;
  token: string | undefined;
  drift: { readonly status: string; readonly at: Date } | undefined;
}

/** Whether the stack's status allows no other operation to begin. */
export function isInProgress(status: StackStatus): boolean {
  return status.endsWith("_IN_PROGRESS") && status !== "REVIEW_IN_PROGRESS";
}

/** Whether a stack still has the resource. */
export function isLive(resource: StackResource): boolean {
  return (
    resource.physicalId !== undefined && !["DELETE_COMPLETE", "DELETE_SKIPPED"].includes(resource.status)
  );
}
