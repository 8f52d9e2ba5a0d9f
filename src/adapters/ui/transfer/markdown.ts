import { CHECKLIST_NAME_CHARS_MAX } from "../../../domain/checklist.ts";
import type { TaskMembers } from "../workspace/types.ts";
import { IMPORT_TASKS_MAX, type Imported, type ImportProblem, type PortableList } from "./format.ts";
import { checkedTask, textOf } from "./members.ts";

/** What stands behind a task's text, in braces: `{due: 2026-12-01; priority: high; labels: home, flat}`. */
const NAMES = {
  due: "dueDate",
  priority: "priority",
  labels: "labels",
  status: "status",
  repeat: "repeat",
  from: "repeatFrom",
} as const;
/** Under which name a list has the inbox's tasks. */
const INBOX_MARK = " {inbox}";
const INDENT = "    ";

/**
 * Lists as Markdown that people can read anywhere: a heading a list, a task list item a task, its notes indented below.
 * {@link fromMarkdown} gets all of it back.
 */
export function toMarkdown(lists: readonly PortableList[]): string {
  return lists.map(listText).join("\n");
}

function listText({ name, isInbox, tasks }: PortableList): string {
  const heading = `# ${escaped(name)}${isInbox ? INBOX_MARK : ""}\n`;
  return tasks.length === 0 ? heading : `${heading}\n${tasks.map(taskText).join("")}`;
}

function taskText(task: TaskMembers): string {
  const box = task.status === "completed" ? "x" : " ";
  const notes =
    task.description?.split(/\r?\n/).map((line) => (line === "" ? "\n" : `${INDENT}${line}\n`)) ?? [];
  return `- [${box}] ${escaped(task.todo)}${membersText(task)}\n${notes.join("")}`;
}

function membersText({ dueDate, priority, labels, status, repeat, repeatFrom }: TaskMembers): string {
  const members = {
    due: dueDate,
    priority: priority === "medium" ? undefined : priority,
    labels: labels.length === 0 ? undefined : labels.map(escapedLabel).join(", "),
    status: status === "in_progress" ? status : undefined,
    repeat: repeat?.replaceAll(";", " "),
    from: repeatFrom === "completion" ? repeatFrom : undefined,
  };
  const given = Object.entries(members).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  );
  return given.length === 0 ? "" : ` {${given.join("; ")}}`;
}

/** On one line, and without braces that would be read as members. */
function escaped(text: string): string {
  return text
    .replace(/[\\{}]/g, "\\$&")
    .replaceAll("\r", "\\r")
    .replaceAll("\n", "\\n");
}

function escapedLabel(label: string): string {
  return escaped(label).replaceAll(";", "\\;");
}

function plain(text: string): string {
  return text.replace(/\\([\\{};nr])/g, (_, char: string) =>
    char === "n" ? "\n" : char === "r" ? "\r" : char,
  );
}

const HEADING = /^#{1,6}\s+(.*?)\s*$/;
const ITEM = /^\s{0,3}[-*+]\s+(?:\[([ xX])\]\s+)?(.*?)\s*$/;
const MEMBERS = /(?<!\\)\{((?:\\.|[^\\{}])*)\}$/;

/** Also lists that something else has written: headings and items. Items before the first heading go to the inbox. */
export function fromMarkdown(text: string): Imported {
  const reading = new Reading();
  for (const [at, line] of text.replaceAll("\r\n", "\n").split("\n").entries()) reading.line(line, at + 1);
  return reading.done();
}

interface OpenTask {
  readonly given: Record<string, unknown>;
  readonly notes: string[];
  readonly line: number;
}

class Reading {
  private readonly lists: { name: string; isInbox: boolean; tasks: TaskMembers[] }[] = [];
  private readonly problems: ImportProblem[] = [];
  private task: OpenTask | undefined;

  line(line: string, number: number): void {
    if (this.task && (line.startsWith(INDENT) || line.trim() === "")) {
      this.task.notes.push(line.slice(INDENT.length));
      return;
    }
    const heading = HEADING.exec(line);
    const item = ITEM.exec(line);
    if (heading) this.begin(heading[1] ?? "", number);
    else if (item) this.open(item[1], item[2] ?? "", number);
    // Anything else has no place in a list of tasks.
  }

  done(): Imported {
    this.close();
    const count = this.lists.reduce((sum, { tasks }) => sum + tasks.length, 0);
    if (count > IMPORT_TASKS_MAX) return { lists: [], problems: [{ reason: "too-many" }] };
    const lists = this.lists.map(({ name, isInbox, tasks }) => ({
      name,
      ...(isInbox ? { isInbox } : {}),
      tasks,
    }));
    return lists.length > 0
      ? { lists, problems: this.problems }
      : { lists, problems: [{ reason: "nothing" }] };
  }

  private begin(text: string, line: number): void {
    this.close();
    const isInbox = text.endsWith(INBOX_MARK);
    const name = textOf(plain(isInbox ? text.slice(0, -INBOX_MARK.length) : text), CHECKLIST_NAME_CHARS_MAX);
    if (name === undefined) this.problems.push({ reason: "bad-member", where: String(line), member: "name" });
    else this.lists.push({ name, isInbox, tasks: [] });
  }

  private open(box: string | undefined, text: string, line: number): void {
    this.close();
    const braces = MEMBERS.exec(text);
    const members = membersOf(braces?.[1] ?? "");
    // Braces of somebody else's are text.
    const isOurs = braces !== null && Object.keys(members).length > 0;
    const todo = plain(isOurs ? text.slice(0, braces.index).trimEnd() : text);
    const status = box === "x" || box === "X" ? { status: "completed" } : {};
    this.task = { given: { todo, ...members, ...status }, notes: [], line };
  }

  private close(): void {
    if (!this.task) return;
    const { given, notes, line } = this.task;
    this.task = undefined;
    const description = notes.join("\n").trimEnd();
    const { task, left } = checkedTask(description === "" ? given : { ...given, description });
    for (const member of left)
      this.problems.push(
        member === "todo"
          ? { reason: "no-text", where: String(line) }
          : { reason: "bad-member", where: String(line), member },
      );
    if (!task) return;
    if (this.lists.length === 0) this.lists.push({ name: "Inbox", isInbox: true, tasks: [] });
    this.lists.at(-1)?.tasks.push(task);
  }
}

function membersOf(text: string): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  for (const piece of text.split(/(?<!\\);/)) {
    const [, name = "", value = ""] = /^\s*(\w+):\s*(.*?)\s*$/s.exec(piece) ?? [];
    const member = NAMES[name as keyof typeof NAMES];
    if (member === undefined) continue;
    if (member === "labels") members.labels = value.split(",").map((label) => plain(label.trim()));
    else if (member === "repeat") members.repeat = value.trim().replace(/\s+/g, ";");
    else members[member] = value;
  }
  return members;
}
