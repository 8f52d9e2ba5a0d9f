import { INBOX_ID } from "../../../../domain/checklist.ts";
import { LABELS_CHARS_MAX, LABELS_PATTERN } from "../../../../domain/labels.ts";
import { REPEAT_CHARS_MAX } from "../../../../domain/recurrence.ts";
import {
  REPEAT_ORIGINS,
  TASK_DESCRIPTION_CHARS_MAX,
  TASK_PRIORITIES,
  TASK_STATUSES,
  TASK_TODO_CHARS_MAX,
} from "../../../../domain/task.ts";
import { TEXT_PATTERN } from "../../../../domain/text.ts";
import { DAY_HEADER } from "../../api/day.ts";
import { labelsSchema } from "../../api/fields.ts";
import { TASK_CREATE, TASK_PATCH, TASK_REPLACE } from "../../api/schemas.ts";
import { idSchema, NOT_NUL, object, ref, text } from "./basics.ts";
import type { Documentation } from "./documentation.ts";
import { templates } from "./forms.ts";
import {
  collection,
  idParameter,
  linkTo,
  member,
  pageParameters,
  parameter,
  queryParameter,
} from "./operations.ts";
import { body, pageOf, time } from "./schemas.ts";

export const checklistParameter = parameter(
  "query",
  "checklist",
  "ID of the task's checklist. Default: the inbox",
  {
    ...idSchema,
    example: INBOX_ID,
  },
);
const DAY = { type: "string", format: "date", minLength: 10, maxLength: 10, example: "2026-12-24" };
const filterParameters = [
  parameter("query", "status", "Only tasks with this status", { type: "string", enum: TASK_STATUSES }),
  parameter("query", "completed", "Only tasks that are completed (true) or not (false)", { type: "boolean" }),
  parameter("query", "priority", "Only tasks with this priority", { type: "string", enum: TASK_PRIORITIES }),
  parameter(
    "query",
    "labels",
    "Only tasks with all these labels, separated by commas; case does not matter",
    {
      type: "string",
      minLength: 1,
      maxLength: LABELS_CHARS_MAX,
      pattern: LABELS_PATTERN,
      example: "errand,home",
    },
  ),
  parameter("query", "dueBefore", "Only tasks with a due date before this day", DAY),
  parameter("query", "dueAfter", "Only tasks with a due date after this day", DAY),
  queryParameter(false),
];

const dayParameter = parameter(
  "header",
  DAY_HEADER,
  "The user's current day, for a task that repeats: its next due date is after that day. Default: the day in UTC",
  { type: "string", format: "date", minLength: 10, maxLength: 10, example: "2026-12-24" },
);

/**
 * The checklist may have been named by the URL, by the body or by nobody; only the answer always says it.
 * Only Schemathesis understands the part after `#regex:`; other tools find nothing there and skip the link.
 */
const ITS_CHECKLIST = "$response.body#/_links/checklist/href#regex:/checklists/([^/]+)$";
const toCreatedTask = { id: "$response.body#/id", checklist: ITS_CHECKLIST };
const taskLinks = {
  read: linkTo("getTask", toCreatedTask),
  replace: linkTo("replaceTask", toCreatedTask),
  change: linkTo("changeTask", toCreatedTask),
  delete: linkTo("deleteTask", toCreatedTask),
};

/** In words: generated clients can't express a condition on two members. */
const AGREEMENT =
  '`completed` is true if and only if `status` is "completed". Send one of the two, or both if they agree.';

const taskRelations = object(
  Object.fromEntries(
    ["self", "checklist", "collection", "previous", "next"].map((relation) => [relation, ref("Link")]),
  ),
  ["self", "checklist", "collection"],
);

export const taskMembers = {
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
  labels: { ...labelsSchema, description: "Labels, in the order given", example: ["errand", "home"] },
  rank: text("Manual order of a list: ascending by rank, compared by UTF-16 code unit, ties by id", 512, {
    minLength: 1,
    pattern: NOT_NUL,
  }),
  repeat: text("Recurrence rule of RFC 5545, without a time zone", REPEAT_CHARS_MAX, {
    minLength: 1,
    pattern: NOT_NUL,
    example: "FREQ=WEEKLY",
  }),
  repeatFrom: { type: "string", enum: REPEAT_ORIGINS, description: "What the next due date is counted from" },
  completedAt: time("When it was completed; only while it is"),
  createdAt: time("When it was created; absent if another service wrote the row without it"),
  updatedAt: time("When it was last changed; absent if another service wrote the row without it"),
  _links: taskRelations,
  _templates: templates,
};

export const taskDocumentation: Documentation = {
  tag: { name: "tasks", description: "Tasks; each belongs to one checklist" },
  relations: ["tasks"],
  templated: ["find-tasks"],
  operations: () => [
    ...collection(
      "tasks",
      "task",
      "/tasks",
      [checklistParameter, ...filterParameters, ...pageParameters()],
      [checklistParameter],
      taskLinks,
    ),
    ...member("tasks", "task", "/tasks/{id}", [idParameter, checklistParameter], [dayParameter]),
  ],
  schemas: {
    Task: object(taskMembers, ["id", "todo", "completed", "status", "priority", "labels", "rank", "_links"]),
    TaskPage: pageOf("tasks", "Task"),
    TaskCreate: body(TASK_CREATE, {
      description: AGREEMENT,
      example: { todo: "Buy milk", priority: "high" },
    }),
    TaskReplace: body(TASK_REPLACE, {
      description: AGREEMENT,
      example: { todo: "Buy oat milk", completed: true },
    }),
    TaskPatch: body(TASK_PATCH, {
      description: AGREEMENT,
      example: { status: "in_progress", dueDate: null },
    }),
  },
};
