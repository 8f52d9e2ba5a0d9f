import { PAGE_ROWS_MAX } from "../../../../application/ports.ts";
import { CHECKLIST_NAME_CHARS_MAX } from "../../../../domain/checklist.ts";
import { ERROR_CODES } from "../../../../domain/errors.ts";
import {
  TASK_DESCRIPTION_CHARS_MAX,
  TASK_PRIORITIES,
  TASK_STATUSES,
  TASK_TODO_CHARS_MAX,
} from "../../../../domain/task.ts";
import { TEXT_PATTERN } from "../../../../domain/text.ts";
import { fieldSchema, type Schema } from "../../api/fields.ts";
import {
  CHECKLIST_CREATE,
  CHECKLIST_PATCH,
  CHECKLIST_REPLACE,
  TASK_CREATE,
  TASK_PATCH,
  TASK_REPLACE,
} from "../../api/schemas.ts";
import { VIOLATIONS_SHOWN_MAX } from "../../kernel/problems.ts";
import {
  idSchema,
  type JsonSchema,
  list,
  object,
  QUOTING,
  ref,
  TEXT_CHARS_MAX,
  text,
  URL_CHARS_MAX,
} from "./basics.ts";
import { template, templateProperty, templates } from "./forms.ts";

const time = (description: string): JsonSchema => ({
  type: "string",
  format: "date-time",
  maxLength: 24,
  description: `${description}, RFC 3339 in UTC with milliseconds`,
  example: "2026-11-21T09:30:00.000Z",
});

const links = (...relations: readonly string[]): JsonSchema => ({
  ...object(Object.fromEntries(relations.map((relation) => [relation, ref("Link")])), relations),
});

/** The members a client may send, from the table that validates them. */
function body(schema: Schema, more: JsonSchema = {}): JsonSchema {
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

/** In words: generated clients can't express a condition on two members. */
const AGREEMENT =
  '`completed` is true if and only if `status` is "completed". Send one of the two, or both if they agree.';

const checklistMembers = {
  id: idSchema,
  name: text("Name of the checklist", CHECKLIST_NAME_CHARS_MAX, {
    minLength: 1,
    pattern: TEXT_PATTERN,
    example: "Groceries",
  }),
  createdAt: time("When it was created; absent if another service wrote the row without it"),
  updatedAt: time("When it was last changed; absent if another service wrote the row without it"),
  _links: links("self", "tasks", "collection"),
  _templates: templates,
};

const taskMembers = {
  id: idSchema,
  todo: text("What to do", TASK_TODO_CHARS_MAX, {
    minLength: 1,
    pattern: TEXT_PATTERN,
    example: "Buy milk",
  }),
  completed: { type: "boolean", description: 'True if and only if status is "completed"', example: false },
  status: { type: "string", enum: TASK_STATUSES, example: "pending" },
  priority: { type: "string", enum: TASK_PRIORITIES, example: "medium" },
  description: text("Description", TASK_DESCRIPTION_CHARS_MAX, {
    minLength: 1,
    pattern: TEXT_PATTERN,
  }),
  dueDate: { type: "string", format: "date", maxLength: 10, example: "2026-12-24" },
  createdAt: time("When it was created; absent if another service wrote the row without it"),
  updatedAt: time("When it was last changed; absent if another service wrote the row without it"),
  _links: links("self", "checklist", "collection"),
  _templates: templates,
};

function pageOf(name: string, row: string): JsonSchema {
  return object(
    {
      _embedded: object({ [name]: list(ref(row), PAGE_ROWS_MAX) }, [name]),
      _links: object({ self: ref("Link"), first: ref("Link"), next: ref("Link") }, ["self", "first"]),
      _templates: templates,
    },
    ["_embedded", "_links"],
  );
}

const ROOT_RELATIONS = ["self", "checklists", "tasks", "service-desc", "service-doc", "health", "events"];

const rootLinks = object(
  {
    ...Object.fromEntries(ROOT_RELATIONS.map((relation) => [relation, ref("Link")])),
    "find-tasks": object(
      {
        href: text("RFC 6570 URL template", URL_CHARS_MAX, { pattern: "^[^{]+\\{\\?[a-z,]+\\}$" }),
        templated: { type: "boolean", enum: [true] },
      },
      ["href", "templated"],
    ),
  },
  [...ROOT_RELATIONS, "find-tasks"],
);

export const componentSchemas: Readonly<Record<string, JsonSchema>> = {
  Link: object({ href: text("Absolute URL", URL_CHARS_MAX, { format: "uri" }) }, ["href"]),
  Template: template,
  TemplateProperty: templateProperty,
  Root: object({ _links: rootLinks, _templates: templates }, ["_links"]),
  Checklist: object(checklistMembers, ["id", "name", "_links"]),
  ChecklistPage: pageOf("checklists", "Checklist"),
  ChecklistCreate: body(CHECKLIST_CREATE, { example: { name: "Groceries" } }),
  ChecklistReplace: body(CHECKLIST_REPLACE, { example: { name: "Groceries and more" } }),
  ChecklistPatch: body(CHECKLIST_PATCH, { example: { name: "Groceries" } }),
  Task: object(taskMembers, ["id", "todo", "completed", "status", "priority", "_links"]),
  TaskPage: pageOf("tasks", "Task"),
  TaskCreate: body(TASK_CREATE, { description: AGREEMENT, example: { todo: "Buy milk", priority: "high" } }),
  TaskReplace: body(TASK_REPLACE, {
    description: AGREEMENT,
    example: { todo: "Buy oat milk", completed: true },
  }),
  TaskPatch: body(TASK_PATCH, { description: AGREEMENT, example: { status: "in_progress", dueDate: null } }),
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
