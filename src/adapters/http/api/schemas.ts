import { CHECKLIST_NAME_CHARS_MAX, INBOX_ID } from "../../../domain/checklist.ts";
import type { Position } from "../../../domain/rank.ts";
import { isRule, readRepeat, repeatText } from "../../../domain/recurrence.ts";
import {
  DEFAULT_PRIORITY,
  DEFAULT_STATUS,
  REPEAT_ORIGINS,
  type RepeatOrigin,
  TASK_DESCRIPTION_CHARS_MAX,
  TASK_PRIORITIES,
  TASK_STATUSES,
  TASK_TODO_CHARS_MAX,
  type TaskChange,
  type TaskPriority,
  type TaskStatus,
} from "../../../domain/task.ts";
import { possibleId } from "../kernel/query.ts";
import { type Field, type Schema, validated } from "./fields.ts";

const name = {
  kind: "text",
  title: "Name of the checklist, trimmed",
  charsMax: CHECKLIST_NAME_CHARS_MAX,
  example: "Groceries",
} as const satisfies Field;

const taskFields = {
  todo: {
    kind: "text",
    title: "What to do, trimmed",
    charsMax: TASK_TODO_CHARS_MAX,
    example: "Buy milk",
  },
  completed: {
    kind: "boolean",
    optional: true,
    title: 'Whether the task is done: true if and only if status is "completed"',
    example: false,
    // A form with both would contradict itself as soon as a user changes one of them.
    inForms: false,
  },
  status: {
    kind: "choice",
    optional: true,
    title: "Status",
    values: TASK_STATUSES,
    default: DEFAULT_STATUS,
    example: "pending",
  },
  priority: {
    kind: "choice",
    optional: true,
    title: "Priority",
    values: TASK_PRIORITIES,
    default: DEFAULT_PRIORITY,
    example: "medium",
  },
  description: {
    kind: "text",
    optional: true,
    title: "Description, trimmed",
    charsMax: TASK_DESCRIPTION_CHARS_MAX,
    multiline: true,
    example: "The one in the blue carton",
  },
  dueDate: { kind: "date", optional: true, title: "Due date", example: "2026-12-24" },
  labels: {
    kind: "labels",
    optional: true,
    title: "Labels, trimmed; no two may differ only by case",
    example: ["errand", "home"],
  },
  position: {
    kind: "position",
    title: "Moves the task between two neighbours in its checklist, both as the client saw them",
    example: { after: INBOX_ID, before: null },
    inForms: false,
  },
  repeat: {
    kind: "rule",
    optional: true,
    title:
      "How it repeats: a recurrence rule of RFC 5545 without a time zone. Needs a due date. When the task is completed, the next one is made",
    example: "FREQ=WEEKLY;BYDAY=MO,TH",
  },
  repeatFrom: {
    kind: "choice",
    optional: true,
    title: "What the next due date is counted from: the due date, or the day of completion. Only with repeat",
    values: REPEAT_ORIGINS,
    example: "due",
  },
} as const satisfies Record<string, Field>;

/** Members of the media type, not the resource: HAL clients send them back, and Spring's always send `links`. */
export const MEDIA_MEMBERS = ["links", "_links", "_embedded", "_templates"] as const;
/** A PUT or PATCH may send these back; they are ignored. */
const READ_ONLY_MEMBERS = ["id", "createdAt", "updatedAt", ...MEDIA_MEMBERS] as const;
const READ_ONLY_TASK_MEMBERS = ["rank", "completedAt", ...READ_ONLY_MEMBERS] as const;

export const CHECKLIST_CREATE: Schema = {
  name: "checklist",
  fields: { name: { ...name, required: true } },
  ignored: MEDIA_MEMBERS,
};
export const CHECKLIST_REPLACE: Schema = { ...CHECKLIST_CREATE, ignored: READ_ONLY_MEMBERS };
export const CHECKLIST_PATCH: Schema = { name: "checklist", fields: { name }, ignored: READ_ONLY_MEMBERS };

const checklist = {
  kind: "id",
  optional: true,
  title: "The task's checklist; another one than in the URL moves the task there",
  example: INBOX_ID,
} as const satisfies Field;

export const TASK_REPLACE: Schema = {
  name: "task",
  fields: { ...taskFields, todo: { ...taskFields.todo, required: true }, checklist },
  ignored: READ_ONLY_TASK_MEMBERS,
};
export const TASK_CREATE: Schema = {
  name: "task",
  fields: {
    ...TASK_REPLACE.fields,
    checklist: { ...checklist, title: "The task's checklist, if the URL names none. Default: the inbox" },
  },
  ignored: MEDIA_MEMBERS,
};
export const TASK_PATCH: Schema = {
  name: "task",
  fields: {
    todo: taskFields.todo,
    completed: { ...taskFields.completed, nullable: true },
    status: { ...taskFields.status, nullable: true },
    priority: { ...taskFields.priority, nullable: true },
    description: { ...taskFields.description, nullable: true },
    dueDate: { ...taskFields.dueDate, nullable: true },
    labels: { ...taskFields.labels, nullable: true },
    position: taskFields.position,
    repeat: { ...taskFields.repeat, nullable: true },
    repeatFrom: { ...taskFields.repeatFrom, nullable: true },
    checklist,
  },
  ignored: READ_ONLY_TASK_MEMBERS,
};

export function checklistName(schema: Schema, body: unknown): string {
  return text(validated(schema, body).name);
}

export function checklistChange(body: unknown): { name?: string } {
  const members = validated(CHECKLIST_PATCH, body);
  return "name" in members ? { name: text(members.name) } : {};
}

/** A change, and the checklist that the body names. */
interface TaskBody<C extends TaskChange> {
  readonly change: C;
  readonly checklist?: string;
}
export type NewTaskBody = TaskBody<TaskChange & { readonly todo: string }>;

export function newTaskBody(body: unknown): NewTaskBody {
  return wholeTask(validated(TASK_CREATE, body));
}

export function taskReplacement(body: unknown): NewTaskBody {
  return wholeTask(validated(TASK_REPLACE, body));
}

function wholeTask(members: Readonly<Record<string, unknown>>): NewTaskBody {
  return { change: { ...taskChange(members), todo: text(members.todo) }, ...checklistIn(members) };
}

function checklistIn(members: Readonly<Record<string, unknown>>): { readonly checklist?: string } {
  return "checklist" in members ? { checklist: text(members.checklist) } : {};
}

/** A merge patch (RFC 7396): null removes an optional member, or resets one that has a default. */
export function taskPatch(body: unknown): TaskBody<TaskChange> {
  const members = { ...validated(TASK_PATCH, body) };
  if (members.status === null) members.status = DEFAULT_STATUS;
  if (members.priority === null) members.priority = DEFAULT_PRIORITY;
  if (members.completed === null) members.completed = false;
  return { change: taskChange(members), ...checklistIn(members) };
}

/** Picks the members that `validated` has checked. */
function taskChange(members: Readonly<Record<string, unknown>>): TaskChange {
  return {
    ...("todo" in members ? { todo: text(members.todo) } : {}),
    ...("completed" in members ? { completed: members.completed === true } : {}),
    ...("status" in members ? { status: oneOf<TaskStatus>(TASK_STATUSES, members.status) } : {}),
    ...("priority" in members ? { priority: oneOf<TaskPriority>(TASK_PRIORITIES, members.priority) } : {}),
    ...("description" in members ? { description: textOrNull(members.description) } : {}),
    ...("dueDate" in members ? { dueDate: textOrNull(members.dueDate) } : {}),
    ...("labels" in members ? { labels: textsOrNull(members.labels) } : {}),
    ...("position" in members ? { position: positionOf(members.position) } : {}),
    ...("repeat" in members ? { repeat: ruleOrNull(members.repeat) } : {}),
    ...("repeatFrom" in members ? { repeatFrom: originOrNull(members.repeatFrom) } : {}),
  };
}

function text(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("a validated text is not a string");
  return value;
}

function textOrNull(value: unknown): string | null {
  return value === null ? null : text(value);
}

function textsOrNull(value: unknown): readonly string[] | null {
  if (value === null) return null;
  if (!Array.isArray(value)) throw new TypeError("validated labels are not a list");
  return value.map(text);
}

/** @throws TodosError not-found where an id can't be one */
function positionOf(value: unknown): Position {
  const { after, before } = value as Position;
  for (const id of [after, before]) if (id !== null) possibleId(id, "task");
  return { after, before };
}

/** In the one form that is stored, whatever the client's spelling. */
function ruleOrNull(value: unknown): string | null {
  if (value === null) return null;
  const rule = readRepeat(text(value));
  if (!isRule(rule)) throw new TypeError("a validated rule is none");
  return repeatText(rule);
}

function originOrNull(value: unknown): RepeatOrigin | null {
  return value === null ? null : oneOf<RepeatOrigin>(REPEAT_ORIGINS, value);
}

function oneOf<T extends string>(values: readonly T[], value: unknown): T {
  const found = values.find((known) => known === value);
  if (found === undefined) throw new TypeError("a validated choice is not one of its values");
  return found;
}
