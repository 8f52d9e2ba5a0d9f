import { CHECKLIST_NAME_CHARS_MAX } from "../../../../domain/checklist.ts";
import { TEXT_PATTERN } from "../../../../domain/text.ts";
import { CHECKLIST_CREATE, CHECKLIST_PATCH, CHECKLIST_REPLACE } from "../../api/schemas.ts";
import { idSchema, object, text } from "./basics.ts";
import type { Documentation } from "./documentation.ts";
import { templates } from "./forms.ts";
import { collection, cursorOf, idParameter, linkTo, member, pageParameters } from "./operations.ts";
import { body, links, pageOf, time } from "./schemas.ts";

const toCreated = { id: "$response.body#/id" };
const checklistLinks = {
  read: linkTo("getChecklist", toCreated),
  replace: linkTo("replaceChecklist", toCreated),
  change: linkTo("changeChecklist", toCreated),
  delete: linkTo("deleteChecklist", toCreated),
  tasks: linkTo("listTasks", { checklist: "$response.body#/id" }),
  createTask: linkTo("createTask", { checklist: "$response.body#/id" }),
};

export const checklistMembers = {
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

export const checklistDocumentation: Documentation = {
  tag: { name: "checklists", description: "Named lists" },
  relations: ["checklists"],
  templated: [],
  operations: (order) => [
    ...collection(
      "checklists",
      "checklist",
      "/checklists",
      pageParameters(cursorOf(order)),
      [],
      checklistLinks,
    ),
    ...member("checklists", "checklist", "/checklists/{id}", [idParameter]),
  ],
  schemas: {
    Checklist: object(checklistMembers, ["id", "name", "_links"]),
    ChecklistPage: pageOf("checklists", "Checklist"),
    ChecklistCreate: body(CHECKLIST_CREATE, { example: { name: "Groceries" } }),
    ChecklistReplace: body(CHECKLIST_REPLACE, { example: { name: "Groceries and more" } }),
    ChecklistPatch: body(CHECKLIST_PATCH, { example: { name: "Groceries" } }),
  },
};
