import { canonical } from "./fields.ts";
import { namingOf } from "./resource-types.ts";
import type { World } from "./world.ts";

/**
 * One line for each resource that exists, sorted: its type, the stack that owns it (`-` for none), its logical
 * id or own name, and its properties. Ids that AWS makes up are put as `<Stack/LogicalId>`, so that two accounts
 * that were brought to the same state in different ways give the same lines.
 */
export function snapshotOf(world: World): string[] {
  const all = world.all();
  const tokens = all
    .flatMap((one) => {
      const token =
        one.owner === undefined ? `<${one.type}>` : `<${one.owner.stackName}/${one.owner.logicalId}>`;
      const isOwnName = namingOf(one.type, one.properties, "").isOwnName;
      const attributes = Object.entries(one.attributes)
        // An attribute that repeats a property is nothing that AWS made up.
        .filter(([, value]) => !Object.values(one.properties).includes(value))
        .map(([name, value]) => [String(value), `${token}.${name}`]);
      return isOwnName ? [] : [[one.id, token], ...attributes];
    })
    .filter((pair): pair is [string, string] => (pair[0] ?? "").length > 8)
    .sort(([a], [b]) => b.length - a.length);
  const lines = all.map((one) => {
    const { owner, type, identity } = one;
    const place = owner === undefined ? `- ${identity}` : `${owner.stackName}/${owner.logicalId}`;
    return `${place} ${type} ${canonical(one.properties)}`;
  });
  return lines.map((line) => tokens.reduce((text, [id, token]) => text.replaceAll(id, token), line)).sort();
}
