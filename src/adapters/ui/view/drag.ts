import { t } from "../text/text.ts";
import { isWritable } from "./commands.ts";
import { placeAt } from "./order.ts";
import type { Page } from "./page.ts";

/** A press becomes a drag after so far; a finger first has to stay for a moment, or it scrolls. */
const START_PX = 6;
const HOLD_MS = 350;
/** So near to the edge of the window it scrolls, so far each frame. */
const EDGE_PX = 56;
const SCROLL_PX = 12;

interface Drag {
  readonly page: Page;
  readonly keys: readonly string[];
  readonly ghost: HTMLElement;
  readonly line: HTMLElement;
  readonly grid: HTMLElement;
  /** Where the pointer is in the window. */
  x: number;
  y: number;
  to?: { readonly list: string } | { readonly index: number };
  frame: number;
}

/** Begins to watch a press on a row: it becomes a drag, a click, or the scrolling of a finger. */
export function pressedForDrag(page: Page, event: PointerEvent): void {
  const target = event.target instanceof Element ? event.target : null;
  const row = target?.closest<HTMLElement>("[data-key]");
  const key = row?.dataset.key;
  const isText = target?.closest("button, textarea, a") !== null;
  if (event.button !== 0 || row == null || key === undefined || isText || !isWritable(page, key)) return;
  const isTouch = event.pointerType === "touch";
  const press = new AbortController();
  const { signal } = press;
  const begin = (at: PointerEvent) => {
    press.abort();
    dragged(page, key, row, at);
  };
  const hold = isTouch ? setTimeout(() => begin(event), HOLD_MS) : undefined;
  signal.addEventListener("abort", () => clearTimeout(hold));
  const moved = (at: PointerEvent) => {
    if (Math.hypot(at.clientX - event.clientX, at.clientY - event.clientY) < START_PX) return;
    if (isTouch) press.abort();
    else begin(at);
  };
  window.addEventListener("pointermove", moved, { signal });
  for (const end of ["pointerup", "pointercancel"])
    window.addEventListener(end, () => press.abort(), { signal });
}

function dragged(page: Page, key: string, row: HTMLElement, at: PointerEvent): void {
  const grid = row.closest<HTMLElement>("[role=grid]");
  if (grid === null) return;
  const chosen = page.chosen.peek();
  const keys = chosen.has(key)
    ? page.tasks.peek().flatMap((task) => (chosen.has(task.key) ? [task.key] : []))
    : [key];
  const drag: Drag = {
    page,
    keys,
    grid,
    ghost: ghostOf(page, keys),
    line: lineOf(),
    x: at.clientX,
    y: at.clientY,
    frame: 0,
  };
  const end = new AbortController();
  const { signal } = end;
  const stop = () => {
    end.abort();
    cancelAnimationFrame(drag.frame);
    drag.ghost.remove();
    drag.line.remove();
    document.body.classList.remove("dragging");
    markList(undefined);
    // The click that ends this press comes before this; the next one is meant.
    setTimeout(() => window.removeEventListener("click", swallowed, true));
  };
  document.body.classList.add("dragging");
  window.addEventListener("pointermove", (event) => follow(drag, event), { signal });
  window.addEventListener("pointercancel", stop, { signal });
  window.addEventListener("pointerup", () => drop(drag, stop), { signal });
  // A finger that drags must not scroll, and the click after a drag is none.
  window.addEventListener("touchmove", (event) => event.preventDefault(), { signal, passive: false });
  window.addEventListener("click", swallowed, true);
  window.addEventListener("keydown", (event) => event.key === "Escape" && stop(), { signal });
  const tick = () => {
    scrollAtEdge(drag);
    drag.frame = requestAnimationFrame(tick);
  };
  tick();
  show(drag);
}

function swallowed(event: MouseEvent): void {
  event.stopPropagation();
  event.preventDefault();
}

function follow(drag: Drag, event: PointerEvent): void {
  drag.x = event.clientX;
  drag.y = event.clientY;
  show(drag);
}

/** Shows where the tasks would go: a line between rows, or a list of the side bar. */
function show(drag: Drag): void {
  drag.ghost.style.transform = `translate(${drag.x + 12}px, ${drag.y + 8}px)`;
  const under = document.elementFromPoint(drag.x, drag.y);
  const list = under?.closest<HTMLElement>("[data-drop]");
  markList(list);
  drag.line.hidden = true;
  delete drag.to;
  if (list?.dataset.drop) drag.to = { list: list.dataset.drop };
  else if (drag.page.screen.peek().list?.may.write) showLine(drag);
}

function showLine(drag: Drag): void {
  const rows = [...drag.grid.querySelectorAll<HTMLElement>("[data-key]")];
  const open = openKeys(drag.page);
  const shown = rows.filter((row) => open.includes(row.dataset.key ?? ""));
  const below = shown.find((row) => middle(row) > drag.y);
  const edge = below ?? shown.at(-1);
  if (edge === undefined) return;
  const box = edge.getBoundingClientRect();
  drag.line.hidden = false;
  drag.line.style.width = `${box.width}px`;
  drag.line.style.transform = `translate(${box.left}px, ${below ? box.top : box.bottom}px)`;
  drag.to = { index: open.indexOf(edge.dataset.key ?? "") + (below ? 0 : 1) };
}

function openKeys(page: Page): readonly string[] {
  return page.tasks.peek().flatMap((task) => (task.status === "completed" ? [] : [task.key]));
}

function middle(row: HTMLElement): number {
  const box = row.getBoundingClientRect();
  return box.top + box.height / 2;
}

async function drop(drag: Drag, stop: () => void): Promise<void> {
  // Rows may have come, moved or gone since the pointer did.
  show(drag);
  stop();
  const { page, to } = drag;
  const keys = drag.keys.filter((key) => page.work.task(key).peek() !== undefined);
  if (to === undefined) return;
  if ("list" in to) {
    await page.act(() => page.work.acts.moveTasks(keys, { list: to.list }));
    return;
  }
  const all = openKeys(page);
  const moving = new Set(keys);
  const rest = all.filter((key) => !moving.has(key));
  const index = all.slice(0, to.index).filter((key) => !moving.has(key)).length;
  const name = page.work.task(keys[0] ?? "").peek()?.todo ?? "";
  const done = await page.act(() => page.work.acts.moveTasks(keys, { place: placeAt(rest, index) }));
  if (!done) return;
  page.toast.value = undefined;
  page.say(t("order.moved", { todo: name, position: index + 1, count: all.length }));
}

function ghostOf(page: Page, keys: readonly string[]): HTMLElement {
  const ghost = document.createElement("div");
  ghost.className = "drag-ghost";
  ghost.textContent =
    keys.length === 1
      ? (page.work.task(keys[0] ?? "").peek()?.todo ?? "")
      : t("many.count", { count: keys.length });
  document.body.append(ghost);
  return ghost;
}

function lineOf(): HTMLElement {
  const line = document.createElement("div");
  line.className = "drop-line";
  line.hidden = true;
  document.body.append(line);
  return line;
}

function markList(list: HTMLElement | null | undefined): void {
  for (const marked of document.querySelectorAll(".side-link.drop")) marked.classList.remove("drop");
  list?.classList.add("drop");
}

function scrollAtEdge(drag: Drag): void {
  const by = drag.y < EDGE_PX ? -SCROLL_PX : drag.y > window.innerHeight - EDGE_PX ? SCROLL_PX : 0;
  if (by === 0) return;
  window.scrollBy(0, by);
  show(drag);
}
