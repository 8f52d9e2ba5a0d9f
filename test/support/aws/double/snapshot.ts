import type { CloudFormation } from "./cloudformation/actions.ts";
import type { ImageStore } from "./ecr/store.ts";
import type { Ecs } from "./ecs/actions.ts";
import { canonical, textOf } from "./fields.ts";
import { namingOf } from "./resource-types.ts";
import type { Physical, World } from "./world.ts";

export interface SnapshotParts {
  readonly world: World;
  readonly cloudFormation: CloudFormation;
  readonly ecs: Ecs;
  readonly store: ImageStore;
}

/**
 * Returns one sorted line for each thing that exists:
 * - a resource: the stack and logical id that own it (`- NAME` for none), its type and properties
 * - an image: repository, digest, tags
 * - a task that should run
 * - a stack, with its status unless it is at rest
 * - a change set that nobody executed
 *
 * Replaces each value that AWS generates with its source (`<Stack/LogicalId>`). Two accounts that reach the same state
 * in different ways therefore give the same lines.
 */
export function snapshotOf({ world, cloudFormation, ecs, store }: SnapshotParts): string[] {
  const all = world.all();
  const tokens = all
    .flatMap(tokensOf)
    .filter(([id]) => id.length > 8)
    .sort(([a], [b]) => b.length - a.length);
  const resources = all.map((one) => {
    const { owner, type, identity } = one;
    const place = owner === undefined ? `- ${identity}` : `${owner.stackName}/${owner.logicalId}`;
    return `${place} ${type} ${canonical(one.properties)}`;
  });
  const images = store.names().flatMap((name) => {
    const { manifests, tags } = store.of(name);
    return [...manifests.keys()].map((digest) => {
      const own = [...tags].filter(([, tagged]) => tagged === digest).map(([tag]) => tag);
      return `image ${name}@${digest} [${own.sort().join(", ")}]`;
    });
  });
  const tasks = ecs.tasks.all
    .filter((task) => task.desiredStatus === "RUNNING")
    .map((task) => `task ${task.group} ${textOf(task.definition.container, "Image")}`);
  const stacks = cloudFormation.stacks
    .live()
    .flatMap(({ name, status, changeSets }) => [
      /^(?:CREATE|UPDATE|IMPORT)_COMPLETE$/.test(status) ? `stack ${name}` : `stack ${name} ${status}`,
      ...changeSets
        .filter((one) => ["AVAILABLE", "UNAVAILABLE"].includes(one.executionStatus))
        .map((one) => `change set of ${name} ${one.status}`),
    ]);
  return [...resources, ...images, ...tasks, ...stacks]
    .map((line) => tokens.reduce((text, [id, token]) => text.replaceAll(id, token), line))
    .sort();
}

/** Returns the generated parts of a resource, and their replacements. */
function tokensOf(one: Physical): (readonly [string, string])[] {
  const token = one.owner === undefined ? `<${one.type}>` : `<${one.owner.stackName}/${one.owner.logicalId}>`;
  if (namingOf(one.type, one.properties, "").isOwnName) return [];
  const attributes = Object.entries(one.attributes)
    // An attribute that repeats a property is not generated.
    .filter(([, value]) => !Object.values(one.properties).includes(value))
    .map(([name, value]) => [String(value), `${token}.${name}`] as const);
  return [[one.id, token], ...attributes];
}
