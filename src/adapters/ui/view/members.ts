import { t } from "../text/text.ts";

/** Members of tasks and lists that the service knows, and people see. */
const MEMBERS = [
  "todo",
  "name",
  "status",
  "priority",
  "description",
  "dueDate",
  "labels",
  "repeat",
  "repeatFrom",
  "position",
  "list",
] as const;

/** In the person's language; as the service calls it, if it is new to this page. */
export function memberName(member: string): string {
  const known = MEMBERS.find((name) => name === member);
  return known === undefined ? member : t(`member.${known}`);
}
