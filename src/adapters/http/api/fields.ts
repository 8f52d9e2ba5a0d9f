import { isFullDate } from "../../../domain/dates.ts";
import { refuse, type Violation } from "../../../domain/errors.ts";
import { LABEL_CHARS_MAX, LABEL_PATTERN, labelProblems, TASK_LABELS_MAX } from "../../../domain/labels.ts";
import { isRule, REPEAT_CHARS_MAX, readRepeat } from "../../../domain/recurrence.ts";
import { TEXT_PATTERN, textProblem } from "../../../domain/text.ts";
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
    | { readonly kind: "text"; readonly charsMax: number; readonly multiline?: boolean }
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
  );

/** One with a single value. */
export type ScalarField = Exclude<Field, { readonly kind: "labels" | "position" }>;

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
  }
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
      return { type: "string", ...textBounds(field.optional), maxLength: field.charsMax, ...common };
    case "boolean":
      return { type: "boolean", ...common };
    case "choice":
      return { type: "string", enum: field.nullable ? [...field.values, null] : field.values, ...common };
    case "date":
      return { type: "string", format: "date", minLength: 10, maxLength: 10, ...common };
    case "rule":
      return { type: "string", pattern: RULE_PATTERN, maxLength: REPEAT_CHARS_MAX, ...common };
    case "id":
      return { type: "string", minLength: 1, maxLength: ID_CHARS_MAX, pattern: "^[^\\u0000]+$", ...common };
    case "labels":
      return { ...labelsSchema, ...common };
    case "position":
      return { ...positionSchema, ...common };
  }
}

/** In a body and in a representation. Labels that are equal but for case or blanks around them can't be expressed. */
export const labelsSchema: JsonObject = {
  type: "array",
  maxItems: TASK_LABELS_MAX,
  uniqueItems: true,
  items: { type: "string", minLength: 1, maxLength: LABEL_CHARS_MAX, pattern: LABEL_PATTERN },
};

/** As far as a pattern can tell; what it can't, such as a day that never comes, is refused with a text. */
const RULE_PATTERN = "^$|^(RRULE:)?[A-Za-z]+=[A-Za-z0-9,+-]+(;[A-Za-z]+=[A-Za-z0-9,+-]+)*$";

/** "" is accepted where the member is optional: it means that the member is absent. */
function textBounds(optional = false): JsonObject {
  return optional ? { pattern: `^$|${TEXT_PATTERN}` } : { minLength: 1, pattern: TEXT_PATTERN };
}
