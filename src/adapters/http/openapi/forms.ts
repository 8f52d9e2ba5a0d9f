import { TASK_DESCRIPTION_CHARS_MAX } from "../../../domain/task.ts";
import { type JsonSchema, list, object, ref, text, URL_CHARS_MAX } from "./basics.ts";

const TEMPLATE_NAMES = ["default", "patch", "delete", "create-task"];

export const templates: JsonSchema = {
  ...object(Object.fromEntries(TEMPLATE_NAMES.map((name) => [name, ref("Template")])), []),
  description: "HAL-FORMS templates; only where the client asked for application/prs.hal-forms+json",
};

export const template = object(
  {
    title: text("What the template is for", 200),
    method: { type: "string", enum: ["POST", "PUT", "PATCH", "DELETE"] },
    target: text("Absolute URL", URL_CHARS_MAX, { format: "uri" }),
    contentType: { type: "string", enum: ["application/json", "application/merge-patch+json"] },
    properties: list(ref("TemplateProperty"), 50),
  },
  ["title", "method", "target", "properties"],
);

const oneValue = { description: "A text or a boolean", oneOf: [text("A text"), { type: "boolean" }] };

export const templateProperty = object(
  {
    name: text("Name of the member", 100),
    prompt: text("What it is", 200),
    required: { type: "boolean" },
    value: oneValue,
    type: { type: "string", enum: ["text", "textarea", "date"] },
    minLength: { type: "integer", format: "int32", minimum: 0, maximum: 1 },
    maxLength: { type: "integer", format: "int32", minimum: 1, maximum: TASK_DESCRIPTION_CHARS_MAX },
    options: object(
      {
        inline: list(oneValue, 10),
        minItems: { type: "integer", format: "int32", minimum: 0, maximum: 1 },
        maxItems: { type: "integer", format: "int32", minimum: 1, maximum: 1 },
      },
      ["inline"],
    ),
  },
  ["name", "prompt"],
);
