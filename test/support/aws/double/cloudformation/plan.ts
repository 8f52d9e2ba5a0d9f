import { canonical, type Fields, isFields } from "../fields.ts";
import { comparable, needsReplacement } from "../resource-types.ts";
import type { World } from "../world.ts";
import { KNOWN_AFTER_APPLY, referencesIn, type Scope } from "./intrinsics.ts";
import { type Account, type Exports, type Lookup, orderedResources, propertiesOf, scopeOf } from "./scope.ts";
import {
  type Desired,
  type Import,
  isLive,
  type PropertyChange,
  type ResourceChange,
  type Stack,
  type StackResource,
} from "./stack.ts";
import type { TemplateResource } from "./template.ts";

/** What a plan needs to know about existing resources. */
export type PlannedWorld = Account & Pick<World, "find">;
/** A stack after its last change. */
export type PlannedStack = Pick<Stack, "id" | "name" | "desired" | "resources">;

/** Types without tags: changes to the stack's tags don't reach them. */
const UNTAGGABLE =
  /MetricFilter|Dashboard|IAM::Policy|RouteTableAssociation|ScalableTarget|ScalingPolicy|SecurityGroup(?:In|E)gress|ClusterCapacityProvider|TopicPolicy|Subscription|WaitCondition/;

/**
 * Returns what an execution would do to each resource.
 * Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html
 */
export function plannedChanges(
  world: PlannedWorld,
  stack: PlannedStack,
  desired: Desired,
  imports: readonly Import[],
  exports: Exports,
): ResourceChange[] {
  const changes = new Map<string, ResourceChange>();
  const lookup: Lookup = (logicalId) => {
    const change = changes.get(logicalId);
    if (change?.action === "Add" || (change?.replacement !== undefined && change.replacement !== "False"))
      return "later";
    const imported = imports.find((one) => one.logicalId === logicalId);
    const existing = stack.resources.get(logicalId);
    return imported?.physical ?? world.find(existing?.type ?? "", existing?.physicalId);
  };
  const scope = scopeOf(world, stack, desired, lookup, exports);
  const ordered = orderedResources(desired, scope);
  for (const [logicalId, resource] of ordered) {
    const change = changeOf(logicalId, resource, { stack, desired, scope, imports });
    if (change !== undefined) changes.set(logicalId, change);
  }
  const kept = new Set(ordered.map(([logicalId]) => logicalId));
  const removed = [...stack.resources.values()].filter((one) => isLive(one) && !kept.has(one.logicalId));
  return [...changes.values(), ...removed.map(removal)];
}

interface Planning {
  readonly stack: PlannedStack;
  readonly desired: Desired;
  readonly scope: Scope;
  readonly imports: readonly Import[];
}

function changeOf(
  logicalId: string,
  resource: TemplateResource,
  planning: Planning,
): ResourceChange | undefined {
  const { stack, scope, imports } = planning;
  const existing = stack.resources.get(logicalId);
  const after = propertiesOf(resource, scope);
  const imported = imports.find((one) => one.logicalId === logicalId);
  const common = { logicalId, type: resource.type, policyAction: undefined, details: [], after };
  if (imported !== undefined)
    return {
      ...common,
      action: "Import",
      physicalId: imported.physical.id,
      replacement: undefined,
      before: undefined,
    };
  if (existing === undefined || !isLive(existing))
    return { ...common, action: "Add", physicalId: undefined, replacement: undefined, before: undefined };
  const details = propertyChanges(existing, resource, after, planning);
  if (details.length === 0) return undefined;
  const replacement = replacementBy(details);
  const isRetained = resource.updateReplacePolicy === "Retain";
  return {
    ...common,
    action: "Modify",
    physicalId: existing.physicalId,
    replacement,
    policyAction: replacement === "False" ? undefined : isRetained ? "ReplaceAndRetain" : "ReplaceAndDelete",
    details,
    before: existing.properties,
  };
}

function removal(resource: StackResource): ResourceChange {
  const { logicalId, type, physicalId, properties, template } = resource;
  const policyAction = template.deletionPolicy.startsWith("Retain") ? "Retain" : "Delete";
  return {
    ...{ action: "Remove", logicalId, type, physicalId, replacement: undefined, policyAction },
    ...{ details: [], before: properties, after: undefined },
  } as const;
}

function replacementBy(details: readonly PropertyChange[]): "True" | "False" | "Conditional" {
  const recreating = details.filter((detail) => detail.recreation !== "Never");
  if (recreating.length === 0) return "False";
  return recreating.some((detail) => detail.isStatic) ? "True" : "Conditional";
}

function propertyChanges(
  existing: StackResource,
  resource: TemplateResource,
  after: Fields,
  planning: Planning,
): PropertyChange[] {
  const [old, fresh] = [comparable(existing.properties), comparable(after)];
  const names = new Set([...Object.keys(old), ...Object.keys(fresh)]);
  const changes = [...names].flatMap((name) =>
    leafChanges(`/Properties/${name}`, old[name], fresh[name]).map((leaf) => {
      const isStatic = !canonical(leaf.after).includes(KNOWN_AFTER_APPLY);
      const recreation = needsReplacement(resource.type, name) ? ("Always" as const) : ("Never" as const);
      const cause = causeOf(existing.template.properties[name], resource.properties[name], planning);
      return { attribute: attributeOf(name), name, ...leaf, recreation, isStatic, ...cause };
    }),
  );
  return [...changes, ...tagChanges(resource.type, planning)];
}

function attributeOf(name: string): "Properties" | "Tags" {
  return name === "Tags" ? "Tags" : "Properties";
}

/** Changes to the stack's own tags, which each of its resources gets. */
function tagChanges(type: string, { stack, desired }: Planning): PropertyChange[] {
  if (UNTAGGABLE.test(type)) return [];
  const old = Object.fromEntries(stack.desired?.tags ?? []);
  const fresh = Object.fromEntries(desired.tags);
  return [...new Set([...Object.keys(old), ...Object.keys(fresh)])]
    .filter((key) => old[key] !== fresh[key])
    .map((key) => ({
      ...{ attribute: "Tags", name: key, path: `/Tags/${key}`, before: old[key], after: fresh[key] },
      ...{ recreation: "Never", isStatic: true, source: "DirectModification", causingEntity: undefined },
    }));
}

interface Leaf {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

function leafChanges(path: string, before: unknown, after: unknown): Leaf[] {
  if (canonical(before) === canonical(after)) return [];
  if (isFields(before) && isFields(after))
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) =>
      leafChanges(`${path}/${name}`, before[name], after[name]),
    );
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length)
    return before.flatMap((one, index) => leafChanges(`${path}/${index}`, one, after[index]));
  return [{ path, before, after }];
}

function causeOf(old: unknown, fresh: unknown, { stack, desired }: Planning) {
  if (canonical(old) !== canonical(fresh))
    return { source: "DirectModification", causingEntity: undefined } as const;
  const named = referencesIn(fresh);
  const parameter = named.find(
    (name) =>
      desired.parameters.has(name) && stack.desired?.parameters.get(name) !== desired.parameters.get(name),
  );
  if (parameter !== undefined) return { source: "ParameterReference", causingEntity: parameter } as const;
  return {
    source: "ResourceReference",
    causingEntity: named.find((name) => stack.resources.has(name)),
  } as const;
}
