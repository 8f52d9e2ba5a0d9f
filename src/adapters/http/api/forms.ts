import type { Right, Role } from "../../../domain/access.ts";
import { TASK_LABELS_MAX } from "../../../domain/labels.ts";
import { REPEAT_CHARS_MAX } from "../../../domain/recurrence.ts";
import type { Exchange } from "../kernel/exchange.ts";
import { JSON_TYPE } from "../kernel/media.ts";
import type { Field, ScalarField, Schema } from "./fields.ts";

/**
 * A HAL-FORMS template: how to write to a resource, built from the schema that validates the write. Its content type
 * is always JSON, which every HAL-FORMS client can send.
 */
export interface Template {
  readonly title: string;
  readonly method: "POST" | "PUT" | "PATCH" | "DELETE" | "GET";
  readonly target: string;
  readonly contentType?: string;
  readonly properties: readonly object[];
}

export function template(
  title: string,
  method: Template["method"],
  target: string,
  schema?: Schema,
  values: Readonly<Record<string, unknown>> = {},
): Template {
  return {
    title,
    method,
    target,
    // Without a body, what there is to say goes into the query.
    ...(schema && method !== "GET" && method !== "DELETE" ? { contentType: JSON_TYPE } : {}),
    properties: schema
      ? Object.entries(schema.fields)
          .filter(([, field]) => field.inForms !== false)
          .map(([name, field]) => property(name, field, values[name] ?? field.default))
      : [],
  };
}

/** The forms if the caller has the right that they take, else none. @param role on the checklist that they are about */
export function offered(x: Exchange, right: Right, forms: Forms, role?: Role): Forms {
  return x.may(right, role) ? forms : {};
}

type Forms = Readonly<Record<string, Template>>;

function property(name: string, field: Field, value: unknown): object {
  return {
    name,
    prompt: field.title,
    ...(field.required ? { required: true } : {}),
    ...valueMembers(field, value),
  };
}

function valueMembers(field: Field, value: unknown): object {
  switch (field.kind) {
    // Forms have no members with members, see `inForms`.
    case "position":
      return {};
    // A script fills it in.
    case "object":
      return { type: "hidden" };
    case "labels":
      return listMembers(value, TASK_LABELS_MAX);
    case "ids":
      return listMembers(value, field.itemsMax);
    case "choices":
      return { options: { inline: field.values, maxItems: field.values.length } };
    default:
      return scalarMembers(field, value);
  }
}

/** HAL-FORMS has one way to give a member several values: choices of which some are selected. */
function listMembers(value: unknown, maxItems: number): object {
  const selected: unknown = value ?? [];
  return { options: { inline: selected, selectedValues: selected, maxItems } };
}

function scalarMembers(field: ScalarField, value: unknown): object {
  // HAL-FORMS requires a string, whatever the member's type.
  return { ...(value === undefined ? {} : { value: String(value) }), ...kindMembers(field) };
}

function kindMembers(field: ScalarField): object {
  switch (field.kind) {
    case "text":
      return { type: field.multiline ? "textarea" : "text", minLength: 1, maxLength: field.charsMax };
    case "choice":
      return { options: { inline: field.values, ...(field.required ? { minItems: 1 } : {}), maxItems: 1 } };
    case "boolean":
      return { options: { inline: [true, false], maxItems: 1 } };
    case "date":
      return { type: "date" };
    case "rule":
      return { type: "text", maxLength: REPEAT_CHARS_MAX };
    case "id":
    case "time":
      return { type: "text" };
    case "password":
      return { type: "password", maxLength: field.charsMax };
  }
}
