import { t } from "../text/text.ts";
import type { ListRow, TaskDraft, TaskRow, Workspace } from "../workspace/types.ts";
import { daysLater, longDay, spokenDay } from "./dates.ts";
import type { Route } from "./routes.ts";

/** What is in a list from top to bottom. */
export type Item =
  | { readonly kind: "task"; readonly id: string; readonly task: TaskRow }
  | {
      readonly kind: "head";
      readonly id: string;
      readonly title: string;
      readonly count: number;
      readonly late: boolean;
    }
  | { readonly kind: "fold"; readonly id: string; readonly count: number; readonly open: boolean };

/** A screen of tasks: everything that its components need, made of the workspace's rows. */
export interface Screen {
  readonly title: string;
  readonly subtitle?: string;
  readonly items: readonly Item[];
  /** Open tasks among them. */
  readonly open: number;
  /** Where new tasks go, and what they have from the start; absent: none can be added here. */
  readonly add?: { readonly list?: string; readonly name: string; readonly draft: Partial<TaskDraft> };
  /** The list whose order a person can change here. */
  readonly list?: ListRow;
  readonly empty: Empty;
}

export type Empty =
  | "inbox"
  | "today"
  | "upcoming"
  | "overdue"
  | "list"
  | "label"
  | "search"
  | "begin"
  | "done"
  | "missing";

/** Days of which each has a heading in Upcoming; what comes after them stands under "Later". */
export const DAYS_AHEAD = 60;

/** Where no tasks are shown, no key may reach one. */
const NO_TASKS: Screen = { title: "", items: [], open: 0, empty: "missing" };

/** @param showDone whether the completed tasks of a list are shown */
export function screenOf(work: Workspace, route: Route, showDone: boolean): Screen {
  if (route.screen === "today") return today(work);
  if (route.screen === "upcoming") return upcoming(work);
  if (route.screen === "overdue") return overdue(work);
  if (route.screen === "label") return label(work, route.of ?? "", showDone);
  if (route.screen === "search") return search(work, route.of ?? "");
  if (route.screen === "trash" || route.screen === "settings") return NO_TASKS;
  const inbox = work.lists.value.find((row) => row.isInbox);
  if (route.screen === "list") return listScreen(work, work.list(route.of ?? "").value, showDone);
  return listScreen(work, inbox, showDone, t("nav.inbox"));
}

/** @param opening its title while nothing is known of any list; nobody is told that one is missing then */
function listScreen(
  work: Workspace,
  list: ListRow | undefined,
  showDone: boolean,
  opening = t("app.name"),
): Screen {
  if (list === undefined) {
    const title = work.lists.value.length === 0 ? opening : t("screen.missing.title");
    return { ...NO_TASKS, title };
  }
  const folded = foldedTasks(work.tasksOf(list.key).value, showDone);
  const empty = list.isInbox ? "inbox" : "list";
  return {
    title: nameOf(list),
    ...folded,
    ...(list.may.write && { add: { list: list.key, name: nameOf(list), draft: {} } }),
    list,
    empty: folded.items.length > 0 ? "done" : empty,
  };
}

/** The inbox has a name in the service, too: it counts only where somebody gave it another one. */
export function nameOf(list: ListRow): string {
  return list.isInbox && list.name === "Inbox" ? t("nav.inbox") : list.name;
}

function today(work: Workspace): Screen {
  const day = work.day.value;
  const late = work.due.value.filter((task) => isBefore(task, day));
  const now = work.due.value.filter((task) => task.dueDate === day);
  const items = [
    ...(late.length > 0 ? [head("overdue", t("nav.overdue"), late.length, true), ...late.map(item)] : []),
    ...(late.length > 0 && now.length > 0 ? [head("today", t("nav.today"), now.length)] : []),
    ...now.map(item),
  ];
  return {
    title: t("nav.today"),
    subtitle: longDay(day, day),
    items,
    open: late.length + now.length,
    ...toInbox(work, { name: t("nav.today"), draft: { dueDate: day } }),
    empty: "today",
  };
}

function upcoming(work: Workspace): Screen {
  const day = work.day.value;
  const horizon = daysLater(day, DAYS_AHEAD);
  const ahead = work.due.value.filter((task) => !isBefore(task, day));
  const groups = Map.groupBy(ahead, (task) =>
    task.dueDate === undefined || task.dueDate > horizon ? "later" : task.dueDate,
  );
  const items = [...groups].flatMap(([date, tasks]) => [
    head(date, date === "later" ? t("screen.later") : dayTitle(date, day), tasks.length),
    ...tasks.map(item),
  ]);
  return {
    title: t("nav.upcoming"),
    items,
    open: ahead.length,
    ...toInbox(work, { name: t("nav.upcoming"), draft: { dueDate: daysLater(day, 1) } }),
    empty: "upcoming",
  };
}

function dayTitle(date: string, today: string): string {
  const spoken = spokenDay(date, today);
  const isNear = date <= daysLater(today, 1);
  return isNear ? `${spoken}, ${longDay(date, today)}` : longDay(date, today);
}

function overdue(work: Workspace): Screen {
  const late = work.due.value.filter((task) => isBefore(task, work.day.value));
  return { title: t("nav.overdue"), items: late.map(item), open: late.length, empty: "overdue" };
}

function label(work: Workspace, name: string, showDone: boolean): Screen {
  return {
    title: `#${name}`,
    ...foldedTasks(work.labelled(name).value, showDone),
    ...toInbox(work, { name: `#${name}`, draft: { labels: [name] } }),
    empty: "label",
  };
}

function search(work: Workspace, text: string): Screen {
  const found = text.trim() === "" ? [] : work.find(text);
  const open = found.filter((task) => task.status !== "completed").length;
  return {
    title: t("nav.search"),
    items: found.map(item),
    open,
    empty: text.trim() === "" ? "begin" : "search",
  };
}

/** New tasks of a screen that is no list go to the inbox, which guests have not. */
function toInbox(work: Workspace, add: NonNullable<Screen["add"]>): Pick<Screen, "add"> {
  return work.lists.value.some((list) => list.isInbox && list.may.write) ? { add } : {};
}

type Folded = Pick<Screen, "items" | "open">;

/** A list's own name or rights change more often than its tasks do. */
const folds = {
  shown: new WeakMap<readonly TaskRow[], Folded>(),
  hidden: new WeakMap<readonly TaskRow[], Folded>(),
};

function foldedTasks(tasks: readonly TaskRow[], showDone: boolean): Folded {
  const known = showDone ? folds.shown : folds.hidden;
  const folded = known.get(tasks) ?? foldedAnew(tasks, showDone);
  known.set(tasks, folded);
  return folded;
}

/** Open ones, then the completed ones under a line that shows and hides them. */
function foldedAnew(tasks: readonly TaskRow[], showDone: boolean): Folded {
  const open: Item[] = [];
  const done: TaskRow[] = [];
  for (const task of tasks) {
    if (task.status === "completed") done.push(task);
    else open.push(item(task));
  }
  if (done.length === 0) return { items: open, open: open.length };
  const fold: Item = { kind: "fold", id: "done", count: done.length, open: showDone };
  const shown = showDone ? latestFirst(done).map(item) : [];
  return { items: [...open, fold, ...shown], open: open.length };
}

function latestFirst(done: readonly TaskRow[]): readonly TaskRow[] {
  return done.toSorted((a, b) => ((a.completedAt ?? "") < (b.completedAt ?? "") ? 1 : -1));
}

function isBefore(task: TaskRow, day: string): boolean {
  return task.dueDate !== undefined && task.dueDate < day;
}

/** A row's item stays the same as long as the row does, so that only what changed is drawn again. */
const items = new WeakMap<TaskRow, Item>();

function item(task: TaskRow): Item {
  const known = items.get(task);
  if (known !== undefined) return known;
  const made: Item = { kind: "task", id: task.key, task };
  items.set(task, made);
  return made;
}

function head(id: string, title: string, count: number, late = false): Item {
  return { kind: "head", id: `head-${id}`, title, count, late };
}
