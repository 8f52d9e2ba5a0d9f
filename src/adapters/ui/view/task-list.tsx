import { useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../text/text.ts";
import { isWritable } from "./commands.ts";
import { pressedForDrag } from "./drag.ts";
import { isFocusFree } from "./focus.ts";
import { ItemView } from "./item-view.tsx";
import { lazyRows, rowsFailed } from "./lazy-rows.ts";
import { type Page, usePage } from "./page.ts";
import { rowId } from "./task-row.tsx";

/** Up to so many rows are all drawn; of more, only those in sight. */
const ROWS_DRAWN_MAX = 80;
/** No row is lower, px. */
const ROW_PX_MIN = 44;

/** The tasks of a screen: a grid whose rows are reached by arrow keys, one of them by Tab. */
export function TaskList() {
  const page = usePage();
  const grid = useRef<HTMLDivElement>(null);
  const { items, title } = page.screen.value;
  useFocus(page, grid);
  const Virtual = items.length > ROWS_DRAWN_MAX ? lazyRows() : undefined;
  const drawn = items.length > ROWS_DRAWN_MAX && !rowsFailed.value ? rowsInSight() : ROWS_DRAWN_MAX;
  return (
    <div
      ref={grid}
      class="rows"
      role="grid"
      aria-label={t("screen.tasks", { title })}
      aria-multiselectable="true"
      aria-rowcount={items.length}
      onFocusIn={(event) => focusedRow(page, event)}
      onClick={(event) => clicked(page, event)}
      onDblClick={(event) => doubleClicked(page, event)}
      onPointerDown={(event) => pressedForDrag(page, event)}
    >
      {Virtual ? (
        <Virtual items={items} />
      ) : (
        items
          .slice(0, drawn)
          .map((item, index) => <ItemView key={item.id} item={item} position={index + 1} />)
      )}
    </div>
  );
}

/** The first rows are there at once, before the code that draws the others. */
function rowsInSight(): number {
  return Math.min(ROWS_DRAWN_MAX, Math.ceil(window.innerHeight / ROW_PX_MIN));
}

/**
 * Sends the focus where the page wants it, and never loses it: when the focused row goes (completed, moved, deleted
 * here or elsewhere), the row that takes its place has it; the title, when none is left.
 */
function useFocus(page: Page, grid: { readonly current: HTMLDivElement | null }): void {
  const place = useRef(0);
  const hadFocus = useRef(false);
  const answered = useRef(page.focusWanted.peek());
  const wanted = page.focusWanted.value;
  const focused = page.focused.value;
  const tasks = page.tasks.value;
  useLayoutEffect(() => {
    // Browsers tell of a removed element as of one that was left, but then nothing has the focus instead.
    const out = ({ relatedTarget }: FocusEvent) => {
      if (relatedTarget !== null) hadFocus.current = false;
    };
    const into = () => {
      hadFocus.current = true;
    };
    const pressed = ({ target }: PointerEvent) => {
      if (target instanceof Node && !grid.current?.contains(target)) hadFocus.current = false;
    };
    const element = grid.current;
    element?.addEventListener("focusout", out);
    element?.addEventListener("focusin", into);
    document.addEventListener("pointerdown", pressed);
    return () => {
      element?.removeEventListener("focusout", out);
      element?.removeEventListener("focusin", into);
      document.removeEventListener("pointerdown", pressed);
      if (hadFocus.current) requestAnimationFrame(focusTitleIfLost);
    };
  }, []);
  useLayoutEffect(() => {
    const index = tasks.findIndex((task) => task.key === focused);
    if (index >= 0) place.current = index;
    else if (focused !== undefined)
      page.focused.value = tasks[Math.min(place.current, tasks.length - 1)]?.key;
    const isLost = hadFocus.current && isFocusFree();
    if (wanted === answered.current && !isLost) return;
    answered.current = wanted;
    focusRow(page, index < 0 ? page.focused.peek() : focused);
  });
}

function focusRow(page: Page, key: string | undefined): void {
  if (key === undefined) {
    focusTitle();
    return;
  }
  const row = document.getElementById(rowId(key));
  if (row !== null) row.focus();
  // Out of sight, and not drawn: the list draws the focused row wherever it is, after this.
  else requestAnimationFrame(() => document.getElementById(rowId(page.focused.peek() ?? ""))?.focus());
}

function focusTitle(): void {
  document.querySelector<HTMLElement>("h1")?.focus();
}

function focusTitleIfLost(): void {
  if (isFocusFree()) focusTitle();
}

function keyAt(event: Event): string | undefined {
  const row = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-key]") : null;
  return row?.dataset.key;
}

/** Details that are open beside the list follow the focus. */
function focusedRow(page: Page, event: FocusEvent): void {
  const key = keyAt(event);
  if (key === undefined) return;
  page.focused.value = key;
  if (page.route.peek().task !== undefined) page.open(key);
}

function clicked(page: Page, event: MouseEvent): void {
  const key = keyAt(event);
  const isOnRow = event.target instanceof Element && event.target.closest("button, textarea, a") === null;
  if (key === undefined || !isOnRow) return;
  if (event.ctrlKey || event.metaKey) choose(page, [key], page.chosen.peek().has(key));
  else if (event.shiftKey) choose(page, between(page, key), false);
  else page.open(key);
}

function doubleClicked(page: Page, event: MouseEvent): void {
  const key = keyAt(event);
  const isOnRow = event.target instanceof Element && event.target.closest("button, textarea") === null;
  if (key !== undefined && isOnRow && isWritable(page, key)) page.editing.value = key;
}

function choose(page: Page, keys: readonly string[], away: boolean): void {
  const chosen = new Set(page.chosen.peek());
  for (const key of keys) {
    if (away) chosen.delete(key);
    else chosen.add(key);
  }
  page.chosen.value = chosen;
}

/** From the row that was chosen or focused before to this one. */
function between(page: Page, key: string): readonly string[] {
  const keys = page.tasks.peek().map((task) => task.key);
  const from = keys.indexOf([...page.chosen.peek()].at(-1) ?? key);
  const to = keys.indexOf(key);
  return keys.slice(Math.min(from, to), Math.max(from, to) + 1);
}
