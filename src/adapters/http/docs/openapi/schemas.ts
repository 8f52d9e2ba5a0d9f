import { PAGE_ROWS_MAX } from "../../../../application/ports.ts";
import { ERROR_CODES } from "../../../../domain/errors.ts";
import { fieldSchema, type Schema } from "../../api/fields.ts";
import { VIOLATIONS_SHOWN_MAX } from "../../kernel/problems.ts";
import {
  type JsonSchema,
  list,
  object,
  QUOTING,
  ref,
  TEXT_CHARS_MAX,
  text,
  URL_CHARS_MAX,
} from "./basics.ts";
import type { Documentation } from "./documentation.ts";
import { template, templateProperty, templates } from "./forms.ts";

export const time = (description: string): JsonSchema => ({
  type: "string",
  format: "date-time",
  maxLength: 24,
  description: `${description}, RFC 3339 in UTC with milliseconds`,
  example: "2026-11-21T09:30:00.000Z",
});

export const links = (...relations: readonly string[]): JsonSchema => ({
  ...object(Object.fromEntries(relations.map((relation) => [relation, ref("Link")])), relations),
});

/** The members a client may send, from the table that validates them. */
export function body(schema: Schema, more: JsonSchema = {}): JsonSchema {
  const fields = Object.entries(schema.fields);
  const ignored = schema.ignored.map((name) => [
    name,
    { description: "Accepted and ignored, so that clients can send back what GET returned" },
  ]);
  const required = fields.filter(([, field]) => field.required).map(([name]) => name);
  return {
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries([
      ...fields.map(([name, field]) => [name, fieldSchema(field)]),
      ...ignored,
    ]),
    ...(required.length === 0 ? {} : { required }),
    ...more,
  };
}

export function pageOf(name: string, row: string): JsonSchema {
  return object(
    {
      _embedded: object({ [name]: list(ref(row), PAGE_ROWS_MAX) }, [name]),
      _links: object({ self: ref("Link"), first: ref("Link"), next: ref("Link") }, ["self", "first"]),
      _templates: templates,
    },
    ["_embedded", "_links"],
  );
}

/** The root's links that belong to no resource. */
const SERVICE_RELATIONS = ["service-desc", "service-doc", "health", "actuator", "events"];
/** Those that everybody sees. */
const OPEN_RELATIONS = ["self", "service-desc", "service-doc", "health"];

const templatedLink = object(
  {
    href: text("RFC 6570 URL template", URL_CHARS_MAX, { pattern: "^[^{]+\\{\\?[a-zA-Z,]+\\}$" }),
    templated: { type: "boolean", enum: [true] },
  },
  ["href", "templated"],
);

/** @param ofAccounts relations that only some callers see, as then they do of all others */
function rootSchema(resources: readonly Documentation[], ofAccounts: readonly string[] = []): JsonSchema {
  const plain = [
    "self",
    ...resources.flatMap(({ relations }) => relations),
    ...SERVICE_RELATIONS,
    ...ofAccounts,
  ];
  const templated = resources.flatMap((resource) => resource.templated);
  const members = Object.fromEntries([
    ...plain.map((relation) => [relation, ref("Link")]),
    ...templated.map((relation) => [relation, templatedLink]),
  ]);
  const rootLinks = object(members, ofAccounts.length > 0 ? OPEN_RELATIONS : [...plain, ...templated]);
  return object({ _links: rootLinks, _templates: templates }, ["_links"]);
}

export function componentSchemas(
  resources: readonly Documentation[],
  ofAccounts?: readonly string[],
): Readonly<Record<string, JsonSchema>> {
  return {
    Link: object({ href: text("Absolute URL", URL_CHARS_MAX, { format: "uri" }) }, ["href"]),
    Template: template,
    TemplateProperty: templateProperty(ofAccounts !== undefined),
    Root: rootSchema(resources, ofAccounts),
    ...Object.assign({}, ...resources.map(({ schemas }) => schemas)),
    ...serviceSchemas,
  };
}

const serviceSchemas: Readonly<Record<string, JsonSchema>> = {
  Problem: {
    ...object(
      {
        type: text("URL of the page that explains the problem", URL_CHARS_MAX, {
          format: "uri-reference",
        }),
        title: text("Short name of the problem type", 200),
        status: { type: "integer", format: "int32", minimum: 400, maximum: 599 },
        detail: text("What is wrong with this request", TEXT_CHARS_MAX, QUOTING),
        instance: text("Path of the request", TEXT_CHARS_MAX, QUOTING),
        errors: list(
          object(
            {
              pointer: text("JSON Pointer to the member or parameter", TEXT_CHARS_MAX, QUOTING),
              detail: text("What is wrong with it, or what it must be"),
            },
            ["pointer", "detail"],
          ),
          VIOLATIONS_SHOWN_MAX,
        ),
      },
      ["type", "title", "status", "detail", "instance"],
    ),
    description: "Problem details, RFC 9457",
  },
  ProblemType: object(
    {
      type: text("URL of this page", URL_CHARS_MAX, { format: "uri" }),
      status: { type: "integer", format: "int32", minimum: 400, maximum: 599 },
      title: text("Short name of the problem type", 200),
      meaning: text("What it means"),
      remedy: text("What to do"),
      _links: links("self"),
    },
    ["type", "status", "title", "meaning", "remedy", "_links"],
  ),
  ProblemTypes: object(
    { _links: object({ self: ref("Link"), item: list(ref("Link"), ERROR_CODES.length) }, ["self", "item"]) },
    ["_links"],
  ),
  Health: {
    type: "object",
    additionalProperties: true,
    properties: { status: { type: "string", enum: ["UP", "DOWN", "OUT_OF_SERVICE"] } },
    required: ["status"],
    example: { status: "UP" },
  },
  Actuator: {
    type: "object",
    additionalProperties: true,
    description: "In the format of Spring Boot Actuator",
  },
};
