import { ID_CHARS_MAX } from "../fields.ts";

/** OpenAPI 3.0's dialect of JSON Schema. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Any text that is not empty; NUL is nowhere allowed. */
export const NOT_NUL = "^[^\\u0000]+$";
/** Whatever the client sent, which a problem may quote. */
export const QUOTING = { pattern: "^[\\s\\S]*$" };
/** As {@link NOT_NUL}, or empty. */
const MAYBE_EMPTY = "^[^\\u0000]*$";
export const URL_CHARS_MAX = 4_096;
export const TEXT_CHARS_MAX = 20_000;
/** More than any fixed list in an answer has. */
const LIST_ITEMS_MAX = 1_000;

export const idSchema: JsonSchema = {
  type: "string",
  minLength: 1,
  maxLength: ID_CHARS_MAX,
  pattern: NOT_NUL,
  description: "A UUIDv7; ids taken over from another database are kept as they are",
  example: "0198c7a2-6b5e-7c31-9d0f-2f5a4b1c8e77",
};

export function ref(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

export function object(
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[],
): JsonSchema {
  // OpenAPI 3.0 has no empty list of required members.
  const needed = required.length === 0 ? {} : { required };
  return { type: "object", additionalProperties: false, properties, ...needed };
}

/** @param restriction what more is known than the length: a pattern, a format */
export function text(
  description: string,
  maxLength = TEXT_CHARS_MAX,
  restriction: JsonSchema = { pattern: MAYBE_EMPTY },
): JsonSchema {
  return { type: "string", description, maxLength, ...restriction };
}

export function list(items: JsonSchema, maxItems = LIST_ITEMS_MAX): JsonSchema {
  return { type: "array", items, maxItems };
}
