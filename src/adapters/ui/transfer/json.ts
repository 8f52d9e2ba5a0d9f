import { CHECKLIST_NAME_CHARS_MAX } from "../../../domain/checklist.ts";
import { IMPORT_TASKS_MAX, type Imported, type ImportProblem, type PortableList } from "./format.ts";
import { checkedTask, textOf } from "./members.ts";

const FORMAT = "todos";
const VERSION = 1;

/** Lists as JSON, for people to keep and programs to read. The same lists give the same text. */
export function toJson(lists: readonly PortableList[]): string {
  return `${JSON.stringify({ format: FORMAT, version: VERSION, lists }, null, 2)}\n`;
}

/** Lists of what {@link toJson} wrote, in this version or a later one: members it does not know are left out. */
export function fromJson(text: string): Imported {
  const document = parsed(text);
  if (document === undefined) return failed({ reason: "not-json" });
  if (!isObject(document) || document.format !== FORMAT || !Array.isArray(document.lists))
    return failed({ reason: "not-ours" });
  const problems: ImportProblem[] = [];
  const lists = document.lists.flatMap((given, at) => listOf(given, at, problems) ?? []);
  const count = lists.reduce((sum, { tasks }) => sum + tasks.length, 0);
  return count > IMPORT_TASKS_MAX ? failed({ reason: "too-many" }) : { lists, problems };
}

function listOf(given: unknown, at: number, problems: ImportProblem[]): PortableList | undefined {
  const where = `lists ${at + 1}`;
  const name = isObject(given) ? textOf(given.name, CHECKLIST_NAME_CHARS_MAX) : undefined;
  if (!isObject(given) || name === undefined || !Array.isArray(given.tasks)) {
    problems.push({ reason: "bad-member", where, member: "name" });
    return undefined;
  }
  const tasks = given.tasks.flatMap((task, place) => {
    const { task: read, left } = checkedTask(isObject(task) ? task : {});
    const inTask = `${where}, tasks ${place + 1}`;
    for (const member of left)
      problems.push(
        member === "todo"
          ? { reason: "no-text", where: inTask }
          : { reason: "bad-member", where: inTask, member },
      );
    return read ?? [];
  });
  return { name, ...(given.isInbox === true ? { isInbox: true } : {}), tasks };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function failed(problem: ImportProblem): Imported {
  return { lists: [], problems: [problem] };
}
