import {
  batch,
  computed,
  effect,
  type ReadonlySignal,
  type Signal,
  signal,
  untracked,
} from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { t } from "../text/text.ts";
import { ActError, type RecentAct, type Status, type TaskRow, type Workspace } from "../workspace/types.ts";
import { hashOf, parsedRoute, type Route, sameScreen } from "./routes.ts";
import { type Screen, screenOf } from "./screens.ts";

export type PlainDialog = "palette" | "help" | "sync" | "recent";

export type ListDialogs =
  | { readonly name: "new-list" }
  | { readonly name: "rename-list" | "delete-list" | "share-list" | "export-list"; readonly list: string };

/** Which dialog is open, and what it is about. */
export type Dialog =
  | { readonly name: PlainDialog }
  | { readonly name: "due" | "labels" | "priority" | "move" | "repeat"; readonly keys: readonly string[] }
  | ListDialogs
  | { readonly name: "clash"; readonly id: string };

export interface Toast {
  readonly text: string;
  readonly undo?: string;
  readonly isProblem?: boolean;
}

/** What the page itself knows: where it is, what is focused, chosen, edited and open. The data is in `work`. */
export interface Page {
  readonly work: Workspace;
  readonly route: ReadonlySignal<Route>;
  readonly screen: ReadonlySignal<Screen>;
  /** Nothing to show yet, and the service has not said that there is nothing. */
  readonly isLoading: ReadonlySignal<boolean>;
  /** Tasks on the screen from top to bottom. */
  readonly tasks: ReadonlySignal<readonly TaskRow[]>;
  /** Key of the row that Tab leads to. */
  readonly focused: Signal<string | undefined>;
  readonly chosen: Signal<ReadonlySet<string>>;
  /** Key of the row whose text is edited in its place. */
  readonly editing: Signal<string | undefined>;
  readonly dialog: Signal<Dialog | undefined>;
  readonly sideOpen: Signal<boolean>;
  readonly showDone: Signal<boolean>;
  readonly toast: Signal<Toast | undefined>;
  /** What a screen reader says next. */
  readonly spoken: Signal<string>;
  /** Raised to send the focus to the focused row, or to the title if there is no row. */
  readonly focusWanted: Signal<number>;
  go(route: Route, how?: "push" | "replace"): void;
  /** Opens the details of a task, or closes them. */
  open(key: string | undefined): void;
  focus(key: string | undefined): void;
  say(text: string): void;
  /** Runs an act, and shows how to undo it, or why it was refused. @returns whether it was done */
  act(doing: () => Promise<unknown>): Promise<boolean>;
  /** Whether the caller may change tasks of this list. The caller is told when that changes, and of nothing else. */
  mayWrite(list: string): boolean;
  /**
   * The status of a task, as of the last key or click: the person sees that before it is kept, and sees it taken back if
   * that is refused. The caller is told of changes to this task only.
   */
  statusOf(task: TaskRow): Status;
  /** Shows the tasks in this status until what is done about them has ended. */
  pressed(keys: readonly string[], status: Status, done: Promise<unknown>): void;
  /** Resolves when the act that was begun last has ended. @returns whether it was done; true if there was none */
  settled(): Promise<boolean>;
}

/** What was asked for, and is not kept yet. */
interface Pressed {
  readonly status: Status;
}

const PageContext = createContext<Page | undefined>(undefined);
export const PageProvider = PageContext.Provider;

export function usePage(): Page {
  const page = useContext(PageContext);
  if (page === undefined) throw new Error("There is no page around this component.");
  return page;
}

/** @param place the window, which tests may replace */
export function createPage(work: Workspace, place: Window = window): Page {
  const route = signal(parsedRoute(place.location.hash) ?? firstRoute(work));
  const showDone = signal(false);
  const screen = computed(() => screenOf(work, route.value, showDone.value));
  // The same array as long as nothing in it has changed: then what is made of it need not be made again.
  const items = computed(() => screen.value.items);
  const rights = new Map<string, ReadonlySignal<boolean>>();
  const pressed = signal<ReadonlyMap<string, Pressed>>(new Map());
  const statuses = new WeakMap<TaskRow, ReadonlySignal<Status>>();
  const focusWanted = signal(0);
  const page: Page = {
    work,
    route,
    screen,
    isLoading: computed(() => work.connection.value === "connecting" && screen.value.items.length === 0),
    tasks: computed(() => tasksIn(items.value)),
    focused: signal(undefined),
    chosen: signal(new Set<string>()),
    editing: signal(undefined),
    dialog: signal(undefined),
    sideOpen: signal(false),
    showDone,
    toast: signal(undefined),
    spoken: signal(""),
    focusWanted,
    go(to, how = "push") {
      if (how === "push") place.history.pushState(null, "", hashOf(to));
      else place.history.replaceState(null, "", hashOf(to));
      arrive(to);
    },
    open(key) {
      const { task: current, ...rest } = route.peek();
      if (key === current) return;
      page.go(key === undefined ? rest : { ...rest, task: key }, current === undefined ? "push" : "replace");
    },
    focus(key) {
      page.focused.value = key;
      focusWanted.value = focusWanted.peek() + 1;
    },
    say(text) {
      // The same words twice are another text, or they would not be said again.
      page.spoken.value = page.spoken.peek() === text ? `${text}\u00a0` : text;
    },
    mayWrite(list) {
      let right = rights.get(list);
      if (right === undefined) {
        right = computed(() => work.list(list).value?.may.write === true);
        rights.set(list, right);
      }
      return right.value;
    },
    statusOf(task) {
      let status = statuses.get(task);
      if (status === undefined) {
        status = computed(() => pressed.value.get(task.key)?.status ?? task.status);
        statuses.set(task, status);
      }
      return status.value;
    },
    pressed(keys, status, done) {
      const press: Pressed = { status };
      pressed.value = new Map([...pressed.peek(), ...keys.map((key) => [key, press] as const)]);
      void done.finally(() => {
        // A later press of the same task goes on.
        pressed.value = new Map([...pressed.peek()].filter(([, other]) => other !== press));
      });
    },
    act(doing) {
      last = acted(page, doing);
      return last;
    },
    settled: () => last,
  };
  let last = Promise.resolve(true);
  const arrive = (to: Route) =>
    batch(() => {
      const isElsewhere = !sameScreen(to, route.peek());
      route.value = to;
      page.sideOpen.value = false;
      if (!isElsewhere) return;
      page.chosen.value = new Set();
      page.focused.value = undefined;
      page.editing.value = undefined;
      showDone.value = false;
    });
  const follow = () => arrive(parsedRoute(place.location.hash) ?? firstRoute(work));
  place.addEventListener("popstate", follow);
  place.addEventListener("hashchange", follow);
  effect(() => dropGone(page));
  if (parsedRoute(place.location.hash) === undefined) chooseFirst(page, arrive);
  return page;
}

function tasksIn(items: Screen["items"]): readonly TaskRow[] {
  const tasks: TaskRow[] = [];
  for (const item of items) if (item.kind === "task") tasks.push(item.task);
  return tasks;
}

/** Chooses again when the service has answered, unless the person has gone somewhere meanwhile. */
function chooseFirst(page: Page, arrive: (to: Route) => void): void {
  const first = page.route.peek();
  const stop = effect(() => {
    if (page.work.connection.value === "connecting") return;
    queueMicrotask(() => stop());
    if (page.route.peek() === first) untracked(() => arrive(firstRoute(page.work)));
  });
}

/** Today once something is due; until then the inbox. */
function firstRoute(work: Workspace): Route {
  const day = work.day.peek();
  const first = work.due.peek()[0]?.dueDate;
  return { screen: first !== undefined && first <= day ? "today" : "inbox" };
}

/** Rows that are no longer on the screen can't stay chosen: nobody would see what happens to them. */
function dropGone(page: Page): void {
  const tasks = page.tasks.value;
  const chosen = page.chosen.peek();
  if (chosen.size === 0) return;
  const there = new Set(tasks.map((task) => task.key));
  const left = [...chosen].filter((key) => there.has(key));
  if (left.length < chosen.size) page.chosen.value = new Set(left);
}

async function acted(page: Page, doing: () => Promise<unknown>): Promise<boolean> {
  const before = page.work.recent.peek()[0]?.id;
  try {
    await doing();
  } catch (error) {
    const text = refusal(error);
    page.toast.value = { text, isProblem: true };
    page.say(text);
    return false;
  }
  const done = page.work.recent.peek()[0];
  if (done === undefined || done.id === before) return true;
  const text = actText(done);
  page.toast.value = { text, ...(done.undo === "can" && { undo: done.id }) };
  page.say(text);
  return true;
}

export function actText(act: Pick<RecentAct, "kind" | "name" | "count">): string {
  return t(`act.${act.kind}`, { name: act.name, todo: act.name, count: act.count });
}

/** Why an act was refused, for a person. */
export function refusal(error: unknown): string {
  if (error instanceof ActError) return t(`act.failed.${error.reason}`, { detail: error.detail });
  return t("act.failed.other", { detail: error instanceof Error ? error.message : String(error) });
}
