import { TASK_LABELS_MAX } from "../../../../domain/labels.ts";
import { TASK_DESCRIPTION_CHARS_MAX } from "../../../../domain/task.ts";
import { type JsonSchema, list, object, ref, text, URL_CHARS_MAX } from "./basics.ts";

/** Most values that a member of a form takes. */
const VALUES_MAX = 100;
const OF_ACCOUNTS = [
  "set-up",
  "sign-in",
  "sign-in-passkey",
  "sign-in-oidc",
  "second-factor",
  "sign-out",
  "password",
  "confirm",
  "revoke",
];
const OF_SHARING = ["invite", "link", "give", "leave"];
const TEMPLATE_NAMES = [
  "default",
  "patch",
  "delete",
  "restore",
  "create-task",
  ...OF_ACCOUNTS,
  ...OF_SHARING,
];

export const templates: JsonSchema = {
  ...object(Object.fromEntries(TEMPLATE_NAMES.map((name) => [name, ref("Template")])), []),
  description: "HAL-FORMS templates, if the client accepts application/prs.hal-forms+json",
};

export const template = object(
  {
    title: text("What the template is for", 200),
    method: { type: "string", enum: ["GET", "POST", "PUT", "PATCH", "DELETE"] },
    target: text("Absolute URL", URL_CHARS_MAX, { format: "uri" }),
    contentType: { type: "string", enum: ["application/json"] },
    properties: list(ref("TemplateProperty"), 50),
  },
  ["title", "method", "target", "properties"],
);

const choice = text("One of the choices");

/** @param hasAccounts some of their forms have a member that is true or false */
export const templateProperty = (hasAccounts: boolean): JsonSchema =>
  object(
    {
      name: text("Name of the member", 100),
      prompt: text("Label for the member", 200),
      required: { type: "boolean" },
      value: text("The current value, or the default"),
      type: { type: "string", enum: ["text", "textarea", "date", "password", "hidden"] },
      minLength: { type: "integer", format: "int32", minimum: 0, maximum: 1 },
      maxLength: { type: "integer", format: "int32", minimum: 1, maximum: TASK_DESCRIPTION_CHARS_MAX },
      options: object(
        {
          inline: list(hasAccounts ? { anyOf: [choice, { type: "boolean" }] } : choice, TASK_LABELS_MAX),
          selectedValues: list(text("One of the current values"), TASK_LABELS_MAX),
          minItems: { type: "integer", format: "int32", minimum: 0, maximum: 1 },
          maxItems: { type: "integer", format: "int32", minimum: 1, maximum: VALUES_MAX },
        },
        ["inline"],
      ),
    },
    ["name", "prompt"],
  );
