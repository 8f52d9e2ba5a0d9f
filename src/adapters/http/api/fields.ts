import { isFullDate } from "../../../domain/dates.ts";
import { refuse, type Violation } from "../../../domain/errors.ts";
import { LABEL_CHARS_MAX, LABEL_PATTERN, labelProblems, TASK_LABELS_MAX } from "../../../domain/labels.ts";
import { isRule, REPEAT_CHARS_MAX, readRepeat } from "../../../domain/recurrence.ts";
import { codePoints, TEXT_PATTERN, textProblem } from "../../../domain/text.ts";
import { ID_CHARS_MAX } from "./ids.ts";
import { pointerTo } from "./pointers.ts";
import { positionProblems, positionSchema } from "./position.ts";

/** One member of a body. The same table validates requests, documents them and builds forms. */
interface FieldCommon {
  readonly title: string;
  readonly example: unknown;
  readonly required?: boolean;
  /** The member may be absent or has a default; "" means absent. */
  readonly optional?: boolean;
  /** Null is accepted: it removes the member or resets it to its default. */
  readonly nullable?: boolean;
  readonly default?: string | boolean;
  /** Default true. */
  readonly inForms?: boolean;
}
export type Field = FieldCommon &
  (
    | {
        readonly kind: "text";
        readonly charsMax: number;
        readonly multiline?: boolean;
        /** For documents, of texts whose rule is the domain's. */
        readonly pattern?: string;
      }
    | { readonly kind: "boolean" }
    | { readonly kind: "choice"; readonly values: readonly string[] }
    | { readonly kind: "date" }
    /** A recurrence rule of RFC 5545. */
    | { readonly kind: "rule" }
    /** An id of another resource. The schema does not check that it exists. */
    | { readonly kind: "id" }
    | { readonly kind: "labels" }
    /** Two neighbours in a list. */
    | { readonly kind: "position" }
    /** Never shown, and not trimmed. What may be one is not decided here. */
    | { readonly kind: "password"; readonly charsMax: number }
    /** Several of some values. */
    | { readonly kind: "choices"; readonly values: readonly string[] }
    /** Ids of other resources. */
    | { readonly kind: "ids"; readonly itemsMax: number }
    /** What a browser's interface gives, as it is. The code that uses it checks it. */
    | { readonly kind: "object" }
    /** RFC 3339, in any time zone. */
    | { readonly kind: "time" }
  );

/** One with a single value. */
export type ScalarField = Exclude<
  Field,
  { readonly kind: "labels" | "position" | "choices" | "ids" | "object" }
>;

export interface Schema {
  readonly name: string;
  readonly fields: Readonly<Record<string, Field>>;
  /** Members of a representation that a request may send back; they are ignored. */
  readonly ignored: readonly string[];
}

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The members of a body, checked against `schema`.
 * @throws TodosError validation-failed, listing every error
 */
export function validated(schema: Schema, body: unknown): JsonObject {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    refuse([{ pointer: "", detail: "must be a JSON object" }]);
  }
  const violations: Violation[] = [];
  const accepted: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) {
    const field = Object.hasOwn(schema.fields, name) ? schema.fields[name] : undefined;
    if (!field) {
      if (!schema.ignored.includes(name)) violations.push(unknownMember(schema, name));
      continue;
    }
    if (isBlank(field, value)) {
      if (field.nullable) accepted[name] = null;
      continue;
    }
    const problems = value === null && field.nullable ? NO_PROBLEM : fieldProblems(name, field, value);
    if (problems.length > 0) violations.push(...problems);
    else accepted[name] = value;
  }
  for (const [name, field] of Object.entries(schema.fields)) {
    if (field.required && !Object.hasOwn(body, name)) {
      violations.push({ pointer: pointerTo(name), detail: "is required" });
    }
  }
  if (violations.length > 0) refuse(violations);
  return accepted;
}

/** A text member that `validated` has checked; undefined if it is absent. */
export function textOf(members: JsonObject, name: string): string | undefined {
  const value = members[name];
  if (value === undefined || typeof value === "string") return value;
  throw new TypeError("a validated text is not a string");
}

/** As {@link textOf}, a list of texts. */
export function textsOf(members: JsonObject, name: string): readonly string[] | undefined {
  const value = members[name];
  if (value === undefined || Array.isArray(value)) return value;
  throw new TypeError("a validated list is none");
}

/** Forms send a blank member as an empty string, which means that it is absent. */
function isBlank(field: Field, value: unknown): boolean {
  return value === "" && field.optional === true;
}

function unknownMember(schema: Schema, name: string): Violation {
  const known = Object.keys(schema.fields).join(", ");
  return { pointer: pointerTo(name), detail: `is not a member of a ${schema.name}; known members: ${known}` };
}

const NO_PROBLEM: readonly Violation[] = [];

function fieldProblems(name: string, field: Field, value: unknown): readonly Violation[] {
  if (field.kind === "labels") return listProblems(name, value);
  if (field.kind === "position") return positionProblems(pointerTo(name), value);
  if (field.kind === "choices") return itemProblems(name, value, field.values.length, oneOf(field.values));
  if (field.kind === "object")
    return isObject(value) ? NO_PROBLEM : [{ pointer: pointerTo(name), detail: "must be an object" }];
  if (field.kind === "ids") return itemProblems(name, value, field.itemsMax, isString);
  const detail = fieldProblem(field, value);
  return detail === undefined ? NO_PROBLEM : [{ pointer: pointerTo(name), detail }];
}

function listProblems(name: string, value: unknown): readonly Violation[] {
  const pointer = pointerTo(name);
  if (!Array.isArray(value)) return [{ pointer, detail: "must be an array of strings" }];
  const others = value.flatMap((item: unknown, index) =>
    typeof item === "string" ? [] : [{ pointer: `${pointer}/${index}`, detail: "must be a string" }],
  );
  return others.length > 0 ? others : labelProblems(value);
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

type ItemProblem = (item: unknown) => string | undefined;

const isString: ItemProblem = (item) => (typeof item === "string" ? undefined : "must be a string");

function oneOf(values: readonly string[]): ItemProblem {
  return (item) =>
    typeof item === "string" && values.includes(item) ? undefined : `must be one of: ${values.join(", ")}`;
}

function itemProblems(
  name: string,
  value: unknown,
  itemsMax: number,
  problem: ItemProblem,
): readonly Violation[] {
  const pointer = pointerTo(name);
  if (!Array.isArray(value)) return [{ pointer, detail: "must be an array of strings" }];
  if (value.length > itemsMax) return [{ pointer, detail: `must have at most ${itemsMax} items` }];
  return value.flatMap((item: unknown, index) => {
    const detail = problem(item);
    return detail === undefined ? [] : [{ pointer: `${pointer}/${index}`, detail }];
  });
}

function fieldProblem(field: ScalarField, value: unknown): string | undefined {
  switch (field.kind) {
    case "text":
      return typeof value === "string" ? textProblem(value, field.charsMax) : "must be a string";
    case "boolean":
      return typeof value === "boolean" ? undefined : "must be true or false";
    case "choice":
      return typeof value === "string" && field.values.includes(value)
        ? undefined
        : `must be one of: ${field.values.join(", ")}`;
    case "date":
      return typeof value === "string" && isFullDate(value)
        ? undefined
        : "must be a valid date in the form 2026-02-28";
    case "rule":
      return typeof value === "string" ? ruleProblem(value) : "must be a string";
    case "id":
      return typeof value === "string" ? undefined : "must be a string";
    case "password":
      return passwordProblem(value, field.charsMax);
    case "time":
      return typeof value === "string" && RFC_3339.test(value) && !Number.isNaN(Date.parse(value))
        ? undefined
        : "must be a time in the form 2026-02-28T12:00:00Z";
  }
}

/** Seconds may have a fraction. */
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

function passwordProblem(value: unknown, charsMax: number): string | undefined {
  if (typeof value !== "string") return "must be a string";
  return value.length <= charsMax || codePoints(value) <= charsMax
    ? undefined
    : `must have at most ${charsMax} characters`;
}

function ruleProblem(text: string): string | undefined {
  const read = readRepeat(text);
  return isRule(read) ? undefined : read.detail;
}

/** JSON Schema (OpenAPI 3.0 dialect) of one field. */
export function fieldSchema(field: Field): JsonObject {
  const common = {
    // With a `default`, generated clients would require the member in every request.
    description: field.default === undefined ? field.title : `${field.title}; default ${field.default}`,
    example: field.example,
    ...(field.nullable ? { nullable: true } : {}),
  };
  switch (field.kind) {
    case "text":
      return {
        type: "string",
        ...textBounds(field.optional),
        ...(field.pattern === undefined ? {} : { pattern: field.pattern }),
        maxLength: field.charsMax,
        ...common,
      };
    case "boolean":
      return { type: "boolean", ...common };
    case "choice":
      return { type: "string", enum: field.nullable ? [...field.values, null] : field.values, ...common };
    case "date":
      return { type: "string", format: "date", minLength: 10, maxLength: 10, ...common };
    case "rule":
      return { type: "string", pattern: RULE_PATTERN, maxLength: REPEAT_CHARS_MAX, ...common };
    case "id":
      return { ...idText, ...common };
    case "labels":
      return { ...labelsSchema, ...common };
    case "position":
      return { ...positionSchema, ...common };
    case "password":
      return { type: "string", format: "password", maxLength: field.charsMax, writeOnly: true, ...common };
    case "object":
      return { type: "object", ...common };
    case "choices":
      return {
        type: "array",
        maxItems: field.values.length,
        items: { type: "string", enum: field.values },
        ...common,
      };
    case "ids":
      return { type: "array", maxItems: field.itemsMax, items: idText, ...common };
    case "time":
      return { type: "string", format: "date-time", minLength: 20, maxLength: 40, ...common };
  }
}

/** In a body and in a representation. Labels that are equal but for case or blanks around them can't be expressed. */
export const labelsSchema: JsonObject = {
  type: "array",
  maxItems: TASK_LABELS_MAX,
  uniqueItems: true,
  items: { type: "string", minLength: 1, maxLength: LABEL_CHARS_MAX, pattern: LABEL_PATTERN },
};

const idText: JsonObject = {
  type: "string",
  minLength: 1,
  maxLength: ID_CHARS_MAX,
  pattern: "^[^\\u0000]+$",
};

/** As far as a pattern can tell; what it can't, such as a day that never comes, is refused with a text. */
const RULE_PATTERN = "^$|^(RRULE:)?[A-Za-z]+=[A-Za-z0-9,+-]+(;[A-Za-z]+=[A-Za-z0-9,+-]+)*$";

/** "" is accepted where the member is optional: it means that the member is absent. */
function textBounds(optional = false): JsonObject {
  return optional ? { pattern: `^$|${TEXT_PATTERN}` } : { minLength: 1, pattern: TEXT_PATTERN };
}
