import type { TaskRow } from "../workspace/types.ts";
import { type Direction, moved } from "./order.ts";
import type { Page, PlainDialog } from "./page.ts";
import { setTheme } from "./preferences.ts";
import type { ScreenName } from "./routes.ts";
import { act, completed, started } from "./task-acts.ts";

export type CommandGroup = "page" | "task" | "order" | "go";

/** Anything that can be done: by a key, from the palette, and as the help of keys lists it. */
export interface Command {
  /** Its text is `command.{id}`. */
  readonly id: CommandId;
  readonly group: CommandGroup;
  /** In tinykeys' words; the first one is shown. */
  readonly keys?: readonly string[];
  /** For keys that buttons and links need themselves: only on a row, or where nothing is focused. */
  readonly onRows?: boolean;
  /** It takes rows away or reorders them: the next keys are about what is there then, and wait until it is kept. */
  readonly holds?: boolean;
  /** Too basic for the palette. */
  readonly onlyKey?: boolean;
  readonly when?: (page: Page) => boolean;
  readonly run: (page: Page) => unknown;
}

export type CommandId =
  | "new"
  | "search"
  | "palette"
  | "help"
  | "next"
  | "previous"
  | "first"
  | "last"
  | "select"
  | "selectAll"
  | "edit"
  | "open"
  | "complete"
  | "start"
  | "due"
  | "labels"
  | "priority"
  | "move"
  | "repeat"
  | "up"
  | "down"
  | "top"
  | "bottom"
  | "delete"
  | "undo"
  | "recent"
  | "sync"
  | "back"
  | "newList"
  | "renameList"
  | "deleteList"
  | "shareList"
  | "exportList"
  | "print"
  | "goInbox"
  | "goToday"
  | "goUpcoming"
  | "goOverdue"
  | "goTrash"
  | "goSettings"
  | "themeLight"
  | "themeDark"
  | "themeSystem";

/** The tasks that a command is about: the chosen ones, else the one in focus, else the one that is open. */
export function targets(page: Page): readonly string[] {
  const chosen = page.chosen.peek();
  if (chosen.size > 0) return page.tasks.peek().flatMap((task) => (chosen.has(task.key) ? [task.key] : []));
  const focused = page.focused.peek();
  if (focused !== undefined && page.tasks.peek().some((task) => task.key === focused)) return [focused];
  const open = openTask(page);
  return open === undefined ? [] : [open.key];
}

export function openTask(page: Page): TaskRow | undefined {
  const key = page.route.peek().task;
  return key === undefined ? undefined : page.work.task(key).peek();
}

const hasTarget = (page: Page) => targets(page).length > 0;
const mayWrite = (page: Page) => hasTarget(page) && targets(page).every((key) => isWritable(page, key));
const inOrder = (page: Page) => mayWrite(page) && page.screen.peek().list !== undefined;

/** Whether the caller may change this task: what may not be done is not offered. */
export function isWritable(page: Page, key: string): boolean {
  const task = page.work.task(key).value;
  return task !== undefined && page.mayWrite(task.list);
}

/** Whether the caller may make lists: guests may not. */
export function mayMakeLists({ work }: Page): boolean {
  const root = work.root.value;
  return root === undefined || root._templates?.default !== undefined;
}

/** Guests have neither an inbox nor a trash. */
function hasInbox({ work }: Page): boolean {
  return work.lists.value.some((list) => list.isInbox);
}

export function hasTrash({ work }: Page): boolean {
  const root = work.root.value;
  return root === undefined || root._links.trash !== undefined || root._links["find-trash"] !== undefined;
}

const mayAdd = (page: Page) => page.screen.peek().add !== undefined || hasInbox(page);

function picker(name: "due" | "labels" | "priority" | "move" | "repeat") {
  return (page: Page) => {
    page.dialog.value = { name, keys: targets(page) };
  };
}

function dialog(name: PlainDialog | "new-list") {
  return (page: Page) => {
    page.dialog.value = { name };
  };
}

function goTo(screen: ScreenName) {
  return (page: Page) => page.go({ screen });
}

function order(direction: Direction) {
  return (page: Page) => moved(page, targets(page), direction);
}

function ownList(may: "rename" | "delete" | "share") {
  return (page: Page) => page.screen.peek().list?.may[may] === true;
}

const onList = (page: Page) => page.screen.peek().list !== undefined;

function listDialog(name: "rename-list" | "delete-list" | "share-list" | "export-list") {
  return (page: Page) => {
    const list = page.screen.peek().list;
    if (list !== undefined) page.dialog.value = { name, list: list.key };
  };
}

/** Sends the focus so many rows on; with none in focus, as from before the first one. */
function step(by: number) {
  return (page: Page) => {
    const tasks = page.tasks.peek();
    const now = tasks.findIndex((task) => task.key === page.focused.peek());
    const to = Math.min(Math.max(now + by, 0), tasks.length - 1);
    page.focus(tasks[to]?.key);
  };
}

function toggleChosen(page: Page): void {
  const key = page.focused.peek();
  if (key === undefined) return;
  const chosen = new Set(page.chosen.peek());
  if (!chosen.delete(key)) chosen.add(key);
  page.chosen.value = chosen;
}

function chooseAll(page: Page): void {
  const open = page.tasks.peek().filter((task) => task.status !== "completed");
  page.chosen.value = new Set(open.map((task) => task.key));
}

/** One level at a time: what is chosen, then the details, then the search. */
function back(page: Page): void {
  if (page.sideOpen.peek()) page.sideOpen.value = false;
  else if (page.chosen.peek().size > 0) page.chosen.value = new Set();
  else if (page.route.peek().task !== undefined) closeDetails(page);
  else if (page.toast.peek() !== undefined) page.toast.value = undefined;
  else if (page.route.peek().screen === "search") page.go({ screen: "inbox" });
}

export function closeDetails(page: Page): void {
  const task = openTask(page);
  page.open(undefined);
  page.focus(task?.key);
}

/** Opens the details; once they are open, goes into them. */
function openFocused(page: Page): void {
  const [key] = targets(page);
  if (key === page.route.peek().task) document.querySelector<HTMLElement>(".details textarea")?.focus();
  else page.open(key);
}

/** Before the next key, which is typed into it: at once where the field is there, else with its screen. */
function focusField(id: string): void {
  const focus = () => document.getElementById(id)?.focus();
  focus();
  queueMicrotask(focus);
}

function toNew(page: Page): void {
  if (page.screen.peek().add === undefined) page.go({ screen: "inbox" });
  focusField("add");
}

function toSearch(page: Page): void {
  if (page.route.peek().screen !== "search") page.go({ screen: "search", of: "" });
  focusField("search");
}

export const COMMANDS: readonly Command[] = [
  { id: "palette", group: "page", keys: ["$mod+k"], onlyKey: true, run: dialog("palette") },
  { id: "new", group: "page", keys: ["n"], when: mayAdd, run: toNew },
  { id: "search", group: "page", keys: ["/", "Shift+/"], run: toSearch },
  { id: "undo", group: "page", keys: ["z", "$mod+z"], run: act.undo },
  { id: "recent", group: "page", run: dialog("recent") },
  { id: "sync", group: "page", run: dialog("sync") },
  { id: "help", group: "page", keys: ["?", "Shift+?"], run: dialog("help") },
  { id: "back", group: "page", keys: ["Escape"], onlyKey: true, run: back },
  { id: "next", group: "task", keys: ["j", "ArrowDown"], onRows: true, onlyKey: true, run: step(1) },
  { id: "previous", group: "task", keys: ["k", "ArrowUp"], onRows: true, onlyKey: true, run: step(-1) },
  { id: "first", group: "task", keys: ["Home"], onRows: true, onlyKey: true, run: step(-Infinity) },
  { id: "last", group: "task", keys: ["End"], onRows: true, onlyKey: true, run: step(Infinity) },
  {
    id: "complete",
    group: "task",
    keys: ["Space"],
    onRows: true,
    when: mayWrite,
    run: (page) => completed(page, targets(page)),
  },
  { id: "edit", group: "task", keys: ["Enter", "e", "F2"], onRows: true, when: mayWrite, run: act.edit },
  { id: "open", group: "task", keys: ["o", "ArrowRight"], onRows: true, when: hasTarget, run: openFocused },
  { id: "select", group: "task", keys: ["x"], when: hasTarget, onlyKey: true, run: toggleChosen },
  { id: "selectAll", group: "task", keys: ["$mod+a"], onRows: true, run: chooseAll },
  { id: "start", group: "task", keys: ["s"], when: mayWrite, run: (page) => started(page, targets(page)) },
  { id: "due", group: "task", keys: ["d"], when: mayWrite, run: picker("due") },
  { id: "labels", group: "task", keys: ["l"], when: mayWrite, run: picker("labels") },
  { id: "priority", group: "task", keys: ["p"], when: mayWrite, run: picker("priority") },
  { id: "move", group: "task", keys: ["m"], when: mayWrite, run: picker("move") },
  { id: "repeat", group: "task", keys: ["r"], when: mayWrite, run: picker("repeat") },
  {
    id: "delete",
    group: "task",
    keys: ["Delete", "#", "Shift+#"],
    onRows: true,
    holds: true,
    when: mayWrite,
    run: (page) => act.delete(page, targets(page)),
  },
  { id: "up", group: "order", keys: ["Alt+ArrowUp"], holds: true, when: inOrder, run: order("up") },
  { id: "down", group: "order", keys: ["Alt+ArrowDown"], holds: true, when: inOrder, run: order("down") },
  { id: "top", group: "order", keys: ["Alt+Home"], holds: true, when: inOrder, run: order("top") },
  { id: "bottom", group: "order", keys: ["Alt+End"], holds: true, when: inOrder, run: order("bottom") },
  { id: "goInbox", group: "go", keys: ["g i"], when: hasInbox, run: goTo("inbox") },
  { id: "goToday", group: "go", keys: ["g t"], run: goTo("today") },
  { id: "goUpcoming", group: "go", keys: ["g u"], run: goTo("upcoming") },
  { id: "goOverdue", group: "go", keys: ["g o"], run: goTo("overdue") },
  { id: "goTrash", group: "go", keys: ["g #", "g Shift+#"], when: hasTrash, run: goTo("trash") },
  { id: "goSettings", group: "go", keys: ["g ,"], run: goTo("settings") },
  { id: "newList", group: "page", when: mayMakeLists, run: dialog("new-list") },
  { id: "renameList", group: "page", when: ownList("rename"), run: listDialog("rename-list") },
  { id: "shareList", group: "page", when: ownList("share"), run: listDialog("share-list") },
  { id: "exportList", group: "page", when: onList, run: listDialog("export-list") },
  { id: "deleteList", group: "page", when: ownList("delete"), run: listDialog("delete-list") },
  { id: "print", group: "page", run: () => window.print() },
  { id: "themeLight", group: "page", run: () => setTheme("light") },
  { id: "themeDark", group: "page", run: () => setTheme("dark") },
  { id: "themeSystem", group: "page", run: () => setTheme("system") },
];

/** What can be done now. */
export function possible(page: Page): readonly Command[] {
  return COMMANDS.filter((command) => command.when?.(page) ?? true);
}
