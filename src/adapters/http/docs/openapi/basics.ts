import { ID_CHARS_MAX } from "../../api/ids.ts";

/** OpenAPI 3.0's dialect of JSON Schema. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Any non-empty text; NUL is never allowed. */
export const NOT_NUL = "^[^\\u0000]+$";
/** Anything: a problem may quote what the client sent. */
export const QUOTING = { pattern: "^[\\s\\S]*$" };
/** As {@link NOT_NUL}, or empty. */
const MAYBE_EMPTY = "^[^\\u0000]*$";
/** Of one that repeats filters, percent-encoded. */
export const URL_CHARS_MAX = 20_000;
export const TEXT_CHARS_MAX = 20_000;
/** More than any fixed list in an answer contains. */
const LIST_ITEMS_MAX = 1_000;

export const idSchema: JsonSchema = {
  type: "string",
  minLength: 1,
  maxLength: ID_CHARS_MAX,
  pattern: NOT_NUL,
  description: "A UUIDv7. IDs imported from another database are kept unchanged",
  example: "0198c7a2-6b5e-7c31-9d0f-2f5a4b1c8e77",
};

export function ref(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

export function object(
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[],
): JsonSchema {
  // OpenAPI 3.0 does not allow an empty list of required members.
  const needed = required.length === 0 ? {} : { required };
  return { type: "object", additionalProperties: false, properties, ...needed };
}

/** @param restriction what else is known, such as a pattern or a format */
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
