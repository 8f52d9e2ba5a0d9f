import type { Fields } from "../fields.ts";
import type { ChangeSet, PropertyChange, ResourceChange, Stack, StackEvent, StackResource } from "./stack.ts";

/** CloudFormation's structures as sent on the wire. */

export function stackAnswer(stack: Stack): Fields {
  const { desired } = stack;
  return {
    StackId: stack.id,
    StackName: stack.name,
    ChangeSetId: stack.changeSetId,
    Description: desired?.template.description,
    Parameters: parametersAnswer(desired?.parameters),
    CreationTime: stack.createdAt,
    LastUpdatedTime: stack.updatedAt,
    DeletionTime: stack.deletedAt,
    StackStatus: stack.status,
    StackStatusReason: stack.reason,
    DisableRollback: false,
    Capabilities: stack.capabilities,
    Outputs: stack.outputs.map((output) => ({
      OutputKey: output.key,
      OutputValue: output.value,
      Description: output.description,
      ExportName: output.exportName,
    })),
    Tags: tagsAnswer(desired?.tags),
    EnableTerminationProtection: stack.isProtected,
    DriftInformation: {
      StackDriftStatus: stack.drift?.status ?? "NOT_CHECKED",
      LastCheckTimestamp: stack.drift?.at,
    },
  };
}

export function eventAnswer(stack: Stack, event: StackEvent): Fields {
  return {
    StackId: stack.id,
    StackName: stack.name,
    EventId: event.id,
    LogicalResourceId: event.logicalId,
    PhysicalResourceId: event.physicalId ?? "",
    ResourceType: event.type,
    Timestamp: event.at,
    ResourceStatus: event.status,
    ResourceStatusReason: event.reason,
    ResourceProperties: event.properties === undefined ? undefined : JSON.stringify(event.properties),
    ClientRequestToken: event.token,
  };
}

export function resourceSummary(resource: StackResource): Fields {
  return {
    LogicalResourceId: resource.logicalId,
    PhysicalResourceId: resource.physicalId,
    ResourceType: resource.type,
    LastUpdatedTimestamp: resource.at,
    ResourceStatus: resource.status,
    ResourceStatusReason: resource.reason,
    DriftInformation: { StackResourceDriftStatus: "NOT_CHECKED" },
  };
}

export function changeSetSummary(stack: Stack, changeSet: ChangeSet): Fields {
  return {
    StackId: stack.id,
    StackName: stack.name,
    ChangeSetId: changeSet.id,
    ChangeSetName: changeSet.name,
    ExecutionStatus: changeSet.executionStatus,
    Status: changeSet.status,
    StatusReason: changeSet.reason,
    CreationTime: changeSet.createdAt,
    Description: changeSet.description,
    ImportExistingResources: changeSet.importExisting,
  };
}

export function changeSetAnswer(
  stack: Stack,
  changeSet: ChangeSet,
  changes: readonly ResourceChange[],
  nextToken: string | undefined,
  hasValues: boolean,
): Fields {
  return {
    ...changeSetSummary(stack, changeSet),
    Parameters: parametersAnswer(changeSet.desired.parameters),
    Tags: tagsAnswer(changeSet.desired.tags),
    Capabilities: changeSet.capabilities,
    OnStackFailure: changeSet.onStackFailure,
    Changes: changesAnswer(changes, hasValues),
    NextToken: nextToken,
  };
}

export function changesAnswer(changes: readonly ResourceChange[], hasValues: boolean): Fields[] {
  return changes.map((change) => ({ Type: "Resource", ResourceChange: changeAnswer(change, hasValues) }));
}

function changeAnswer(change: ResourceChange, hasValues: boolean): Fields {
  const scopes = new Set(change.details.map((detail) => detail.attribute));
  return {
    PolicyAction: change.policyAction,
    Action: change.action,
    LogicalResourceId: change.logicalId,
    PhysicalResourceId: change.physicalId,
    ResourceType: change.type,
    Replacement: change.replacement,
    Scope: [...scopes],
    Details: change.details.map((detail) => detailAnswer(detail, hasValues)),
    BeforeContext: hasValues && change.before !== undefined ? contextOf(change.before) : undefined,
    AfterContext: hasValues && change.after !== undefined ? contextOf(change.after) : undefined,
  };
}

function detailAnswer(detail: PropertyChange, hasValues: boolean): Fields {
  const kind = detail.before === undefined ? "Add" : detail.after === undefined ? "Remove" : "Modify";
  return {
    Target: {
      Attribute: detail.attribute,
      Name: detail.name,
      RequiresRecreation: detail.recreation,
      Path: hasValues ? detail.path : undefined,
      BeforeValue: hasValues ? asText(detail.before) : undefined,
      AfterValue: hasValues ? asText(detail.after) : undefined,
      AttributeChangeType: hasValues ? kind : undefined,
    },
    Evaluation: detail.isStatic ? "Static" : "Dynamic",
    ChangeSource: detail.source,
    CausingEntity: detail.causingEntity,
  };
}

function contextOf(properties: Fields): string {
  return JSON.stringify({ Properties: properties });
}

function asText(value: unknown): string | undefined {
  return value === undefined || typeof value === "string" ? value : JSON.stringify(value);
}

function parametersAnswer(parameters: ReadonlyMap<string, string> | undefined): Fields[] {
  return [...(parameters ?? [])].map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue }));
}

function tagsAnswer(tags: ReadonlyMap<string, string> | undefined): Fields[] {
  return [...(tags ?? [])].map(([Key, Value]) => ({ Key, Value }));
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_OperationEvent.html */
export function operationEvents(stack: Stack, changeSet: ChangeSet): Fields[] {
  return changeSet.problems.map((problem) => ({
    EventId: `${changeSet.id}/${problem.logicalId}`,
    StackId: stack.id,
    OperationId: changeSet.id,
    OperationType: "CREATE_CHANGESET",
    EventType: "VALIDATION_ERROR",
    LogicalResourceId: problem.logicalId,
    ResourceType: changeSet.desired.template.resources[problem.logicalId]?.type,
    Timestamp: changeSet.createdAt,
    ValidationFailureMode: "FAIL",
    ValidationName: problem.name,
    ValidationStatus: "FAILED",
    ValidationStatusReason: problem.reason,
    ValidationPath: problem.path,
  }));
}
