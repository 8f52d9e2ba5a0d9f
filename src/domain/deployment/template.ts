import type { ResourceChange } from "./changes.ts";

/** A CloudFormation template, parsed; short forms (`!Ref x`) as their long ones (`{ Ref: x }`). */
export interface Template {
  readonly text: string;
  /** All of it, as read. */
  readonly document: Readonly<Record<string, unknown>>;
  readonly parameters: ReadonlyMap<string, { readonly fallback: string | undefined }>;
  readonly conditions: Readonly<Record<string, unknown>>;
  readonly resources: readonly TemplateResource[];
}

export interface TemplateResource {
  readonly logicalId: string;
  readonly type: string;
  readonly condition?: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Values of a stack's parameters; those not given keep their value, or take the template's. */
export type Parameters = Readonly<Record<string, string | undefined>>;

/** The resources of a stack with these parameters: those whose condition holds. */
export function effectiveResources(template: Template, parameters: Parameters): TemplateResource[] {
  return template.resources.filter(
    ({ condition }) => condition === undefined || holds({ Condition: condition }, template, parameters),
  );
}

/** What creating the stack would do. */
export function creations(template: Template, parameters: Parameters): ResourceChange[] {
  return effectiveResources(template, parameters).map(({ logicalId, type }) => ({
    logicalId,
    type,
    action: "add",
    replacement: "no",
    properties: [],
  }));
}

/**
 * The template with only these resources and without outputs, for an import: it must name the imported
 * resources and nothing else. Source: CloudFormation User Guide, "Import AWS resources into a stack".
 */
export function reducedTo(template: Template, logicalIds: readonly string[]): string {
  const { Outputs: _, ...document } = template.document;
  const all = document.Resources as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  const kept = Object.entries(all)
    .filter(([logicalId]) => logicalIds.includes(logicalId))
    .map(([logicalId, { DependsOn, ...resource }]) => {
      const needed = [DependsOn].flat().filter((other) => logicalIds.includes(String(other)));
      return [logicalId, needed.length === 0 ? resource : { ...resource, DependsOn: needed }];
    });
  return JSON.stringify({ ...document, Resources: Object.fromEntries(kept) });
}

/** The text of a literal or of a reference to a parameter; undefined for anything else. */
export function literal(value: unknown, template: Template, parameters: Parameters): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const reference = memberOf(value, "Ref");
  if (typeof reference === "string") {
    return parameters[reference] ?? template.parameters.get(reference)?.fallback;
  }
  const substituted = memberOf(value, "Fn::Sub");
  if (typeof substituted !== "string") return undefined;
  return substituted.replaceAll(/\$\{(\w+)\}/g, (whole, name: string) => {
    return parameters[name] ?? template.parameters.get(name)?.fallback ?? whole;
  });
}

function holds(expression: unknown, template: Template, parameters: Parameters): boolean {
  const inner = (part: unknown): boolean => holds(part, template, parameters);
  const named = memberOf(expression, "Condition");
  if (typeof named === "string") return inner(template.conditions[named]);
  const equals = listOf(expression, "Fn::Equals");
  if (equals) {
    const [left, right] = equals.map((part) => comparable(part, template, parameters));
    return left === right;
  }
  const not = listOf(expression, "Fn::Not");
  if (not) return !inner(not[0]);
  const and = listOf(expression, "Fn::And");
  if (and) return and.every(inner);
  const or = listOf(expression, "Fn::Or");
  if (or) return or.some(inner);
  throw new TypeError(`a condition of the template is not supported: ${JSON.stringify(expression)}`);
}

function comparable(part: unknown, template: Template, parameters: Parameters): string {
  const joined = listOf(part, "Fn::Join");
  if (joined) {
    const items = Array.isArray(joined[1]) ? joined[1] : [joined[1]];
    return items.map((item) => comparable(item, template, parameters)).join(String(joined[0]));
  }
  return literal(part, template, parameters) ?? JSON.stringify(part);
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !(name in value)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

function listOf(value: unknown, name: string): readonly unknown[] | undefined {
  const member = memberOf(value, name);
  return Array.isArray(member) ? member : undefined;
}
