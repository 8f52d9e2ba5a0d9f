import { readTemplate } from "../../../src/adapters/aws/template-reader.ts";

/** Any value of a template; intrinsic functions in their long form, `{ Ref: "Vpc" }`. */
export type Value = unknown;
export type Members = Readonly<Record<string, Value>>;

export interface Resource {
  readonly id: string;
  readonly type: string;
  readonly properties: Members;
  /** DeletionPolicy, Condition and everything else next to the properties. */
  readonly attributes: Members;
}

export interface Template {
  readonly parameters: Readonly<Record<string, Members>>;
  readonly resources: readonly Resource[];
  readonly outputs: Readonly<Record<string, Members>>;
}

/** @throws Error if the text is not YAML, or has no resources */
export function templateOf(text: string): Template {
  const root = readTemplate(text).document;
  const resources = Object.entries(membersOf(root.Resources)).map(([id, value]) => {
    const { Type: type, Properties: properties = {}, ...attributes } = membersOf(value);
    return { id, type: String(type), properties: membersOf(properties), attributes };
  });
  return { parameters: sectionOf(root.Parameters), resources, outputs: sectionOf(root.Outputs) };
}

function sectionOf(value: Value): Readonly<Record<string, Members>> {
  return Object.fromEntries(
    Object.entries(membersOf(value ?? {})).map(([key, each]) => [key, membersOf(each)]),
  );
}

/** @throws TypeError if the value is not a mapping */
export function membersOf(value: Value): Members {
  if (isMembers(value)) return value;
  throw new TypeError(`a template has ${JSON.stringify(value)} where a mapping belongs`);
}

export function isMembers(value: Value): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function listOf(value: Value): readonly Value[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** Every mapping inside a value, including the value itself. */
export function* mappingsIn(value: Value): Generator<Members> {
  if (isMembers(value)) yield value;
  if (typeof value !== "object" || value === null) return;
  for (const inner of Object.values(value)) yield* mappingsIn(inner);
}
