import type {
  Change,
  Parameter,
  ResourceChangeDetail,
  ResourceChange as SdkChange,
  StackEvent as SdkEvent,
} from "@aws-sdk/client-cloudformation";
import type { ChangeSet, ChangeSetRequest, StackEvent } from "../../application/deploy/ports.ts";
import type {
  ChangeAction,
  PropertyChange,
  Replacement,
  ResourceChange,
} from "../../domain/deployment/changes.ts";

const EMPTY = /didn't contain changes|No updates are to be performed/i;
const STACK_TYPE = "AWS::CloudFormation::Stack";

/** The given values; the stack's other values stay, and the template's defaults fill the rest. */
export function parametersOf({ template, parameters, previous }: ChangeSetRequest): Parameter[] {
  return [...template.parameters.keys()].flatMap((name): Parameter[] => {
    const value = parameters[name];
    if (value !== undefined) return [{ ParameterKey: name, ParameterValue: value }];
    return previous?.parameters[name] === undefined ? [] : [{ ParameterKey: name, UsePreviousValue: true }];
  });
}

/** Source: CloudFormation API Reference, DescribeChangeSet, members Status and ExecutionStatus. */
export function changeSetState(
  status: string | undefined,
  execution: string | undefined,
  reason: string | undefined,
): ChangeSet["state"] {
  if (status === "FAILED") return EMPTY.test(reason ?? "") ? "empty" : "failed";
  if (status === "CREATE_PENDING" || status === "CREATE_IN_PROGRESS") return "making";
  if (status !== "CREATE_COMPLETE") return "obsolete";
  switch (execution) {
    case "AVAILABLE":
      return "ready";
    case "EXECUTE_IN_PROGRESS":
      return "executing";
    case "EXECUTE_COMPLETE":
      return "executed";
    case "EXECUTE_FAILED":
      return "failed";
    case "OBSOLETE":
      return "obsolete";
    default:
      return "making";
  }
}

const ACTIONS: Readonly<Record<string, ChangeAction>> = { Add: "add", Remove: "remove", Import: "import" };
const REPLACEMENTS: Readonly<Record<string, Replacement>> = { True: "yes", Conditional: "maybe" };
const RECREATIONS: Readonly<Record<string, Replacement>> = { Always: "yes", Conditionally: "maybe" };

export function resourceChange({ ResourceChange: change }: Change): ResourceChange[] {
  if (change === undefined) return [];
  const action = ACTIONS[change.Action ?? ""] ?? "modify";
  return [
    {
      logicalId: change.LogicalResourceId ?? "",
      type: change.ResourceType ?? "",
      action,
      // What CloudFormation can't tell yet (Dynamic) may be a replacement.
      replacement: change.Action === "Dynamic" ? "maybe" : (REPLACEMENTS[change.Replacement ?? ""] ?? "no"),
      properties: action === "modify" ? properties(change) : [],
    },
  ];
}

/**
 * One entry per path: CloudFormation names a path twice if it changes both directly and through another
 * resource.
 */
function properties(change: SdkChange): PropertyChange[] {
  const found = new Map<string, PropertyChange>();
  for (const detail of change.Details ?? []) {
    const property = propertyChange(detail, change);
    const known = found.get(property.path);
    if (known === undefined || known.after === undefined) found.set(property.path, property);
  }
  return [...found.values()];
}

function propertyChange({ Target }: ResourceChangeDetail, change: SdkChange): PropertyChange {
  const inProperties = Target?.Attribute === "Properties";
  const name = Target?.Name;
  const path =
    Target?.Path?.replace(/^\//, "").replaceAll("/", ".") ??
    (inProperties ? `Properties.${name}` : (Target?.Attribute ?? ""));
  const before = Target?.BeforeValue ?? contextValue(change.BeforeContext, name);
  const after = Target?.AfterValue ?? contextValue(change.AfterContext, name);
  return {
    path,
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
    replaces: RECREATIONS[Target?.RequiresRecreation ?? ""] ?? "no",
  };
}

/** A property's value from the resource's description, if the change itself has none. */
function contextValue(context: string | undefined, name: string | undefined): string | undefined {
  if (context === undefined || name === undefined) return undefined;
  const { Properties = {} } = JSON.parse(context) as {
    readonly Properties?: Readonly<Record<string, unknown>>;
  };
  const value = Properties[name];
  return value === undefined || typeof value === "string" ? value : JSON.stringify(value);
}

export function stackEvent(event: SdkEvent): StackEvent {
  return {
    id: event.EventId ?? "",
    at: event.Timestamp?.getTime() ?? 0,
    logicalId: event.LogicalResourceId ?? "",
    physicalId: event.PhysicalResourceId ?? "",
    type: event.ResourceType ?? "",
    status: event.ResourceStatus ?? "",
    ...(event.ResourceStatusReason !== undefined && { reason: event.ResourceStatusReason }),
    ofStack: event.ResourceType === STACK_TYPE && event.PhysicalResourceId === event.StackId,
  };
}
