import type { Field, Schema } from "./fields.ts";

/** A HAL-FORMS template: how to write to a resource, made from the schema that validates the write. */
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
  contentType = "application/json",
  values: Readonly<Record<string, unknown>> = {},
): Template {
  return {
    title,
    method,
    target,
    ...(schema ? { contentType } : {}),
    properties: schema
      ? Object.entries(schema.fields).map(([name, field]) => property(name, field, values[name]))
      : [],
  };
}

function property(name: string, field: Field, value: unknown): object {
  return {
    name,
    prompt: field.title,
    ...(field.required ? { required: true } : {}),
    ...(value === undefined ? defaultOf(field) : { value }),
    ...kindMembers(field),
  };
}

function defaultOf(field: Field): object {
  return field.default === undefined ? {} : { value: field.default };
}

function kindMembers(field: Field): object {
  switch (field.kind) {
    case "text":
      return { type: field.multiline ? "textarea" : "text", minLength: 1, maxLength: field.charsMax };
    case "choice":
      return { options: { inline: field.values, ...(field.required ? { minItems: 1 } : {}), maxItems: 1 } };
    case "boolean":
      return { options: { inline: [true, false], maxItems: 1 } };
    case "date":
      return { type: "date" };
    case "id":
      return { type: "text" };
  }
}
