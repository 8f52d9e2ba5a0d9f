import { validationError } from "../errors.ts";
import { type Fields, fieldsOf, textOf } from "../fields.ts";
import type { Physical, World } from "../world.ts";
import { evaluate, evaluateConditions, KNOWN_AFTER_APPLY, referencesIn, type Scope } from "./intrinsics.ts";
import { parameterValue } from "./parameters.ts";
import type { Desired, Output, Stack } from "./stack.ts";
import type { TemplateResource } from "./template.ts";

/** Looks up the physical resource, or "later" if it does not exist yet. */
export type Lookup = (logicalId: string) => Physical | "later" | undefined;
export type Exports = (name: string) => Output | undefined;
/** The account and region in which to compute a template's functions. */
export type Account = Pick<World, "region"> & { readonly accountId: string };

interface Place {
  readonly id: string;
  readonly name: string;
}

/** Returns everything that this stack's functions can look up. */
export function scopeOf(
  world: Account,
  stack: Place,
  desired: Desired,
  lookup: Lookup,
  exports: Exports,
): Scope {
  const { template, parameters } = desired;
  const pseudo: Readonly<Record<string, unknown>> = {
    "AWS::AccountId": world.accountId,
    "AWS::NotificationARNs": [],
    "AWS::Partition": "aws",
    "AWS::Region": world.region,
    "AWS::StackId": stack.id,
    "AWS::StackName": stack.name,
    "AWS::URLSuffix": "amazonaws.com",
  };
  const refOf = (name: string): unknown => {
    if (Object.hasOwn(pseudo, name)) return pseudo[name];
    const value = parameters.get(name);
    if (value !== undefined) return parameterValue(template, name, value);
    const found = lookup(name);
    return found === "later" ? KNOWN_AFTER_APPLY : found?.id;
  };
  const scope: Scope = {
    refOf,
    attributeOf: (logicalId, attribute) => attributeOf(lookup, logicalId, attribute),
    conditions: {},
    mappings: template.mappings,
    zones: ["a", "b", "c"].map((zone) => `${world.region}${zone}`),
    importOf: (name) => {
      const found = exports(name);
      if (found === undefined) throw validationError(`No export named ${name} found.`);
      return found.value;
    },
  };
  return { ...scope, conditions: evaluateConditions(template.conditions, scope) };
}

function attributeOf(lookup: Lookup, logicalId: string, attribute: string): unknown {
  const found = lookup(logicalId);
  if (found === "later") return KNOWN_AFTER_APPLY;
  if (found === undefined)
    throw validationError(
      `Template error: instance of Fn::GetAtt references undefined resource ${logicalId}`,
    );
  const value = found.attributes[attribute];
  if (value === undefined)
    throw validationError(
      `Template error: resource ${logicalId} does not support attribute type ${attribute} in Fn::GetAtt`,
    );
  return value;
}

/** Returns the resources whose condition holds, each after those it needs. @throws AwsError for a circle */
export function orderedResources(
  desired: Desired,
  scope: Scope,
): readonly (readonly [string, TemplateResource])[] {
  const all = new Map(
    Object.entries(desired.template.resources).filter(
      ([, { condition }]) => condition === undefined || scope.conditions[condition] === true,
    ),
  );
  const ordered: (readonly [string, TemplateResource])[] = [];
  const visiting = new Set<string>();
  const done = new Set<string>();
  const visit = (logicalId: string) => {
    const resource = all.get(logicalId);
    if (resource === undefined || done.has(logicalId)) return;
    if (visiting.has(logicalId))
      throw validationError(`Circular dependency between resources: [${[...visiting].join(", ")}]`);
    visiting.add(logicalId);
    for (const needed of needsOf(resource)) if (needed !== logicalId) visit(needed);
    visiting.delete(logicalId);
    done.add(logicalId);
    ordered.push([logicalId, resource]);
  };
  for (const logicalId of all.keys()) visit(logicalId);
  return ordered;
}

/** Returns the logical ids and parameters that a resource waits for. */
export function needsOf(resource: TemplateResource): readonly string[] {
  return [...new Set([...resource.dependsOn, ...referencesIn(resource.properties)])];
}

export function propertiesOf(resource: TemplateResource, scope: Scope): Fields {
  return fieldsOf(evaluate(resource.properties, scope));
}

export function outputsOf(desired: Desired, scope: Scope): Output[] {
  return Object.entries(desired.template.outputs)
    .filter(([, output]) => {
      const condition = textOf(output, "Condition");
      return condition === undefined || scope.conditions[condition] === true;
    })
    .map(([key, output]) => {
      const exported = evaluate(fieldsOf(output.Export).Name, scope);
      return {
        key,
        value: String(evaluate(output.Value, scope)),
        description: textOf(output, "Description"),
        exportName: exported === undefined ? undefined : String(exported),
      };
    });
}

/** Returns the names of the exports that a stack imports. */
export function importsOf(stack: Stack, world: World): string[] {
  const { desired } = stack;
  if (desired === undefined) return [];
  const names: string[] = [];
  const lookup = () => "later" as const;
  const scope = scopeOf(world, stack, desired, lookup, (name) => {
    names.push(name);
    return { key: "", value: KNOWN_AFTER_APPLY, description: undefined, exportName: name };
  });
  for (const [, resource] of orderedResources(desired, scope)) propertiesOf(resource, scope);
  outputsOf(desired, scope);
  return [...new Set(names)];
}
