import { t } from "../text/text.ts";
import type { Place } from "../workspace/types.ts";
import type { Page } from "./page.ts";

export type Direction = "up" | "down" | "top" | "bottom";

/**
 * The place of `moving` after one step among `all`, keys in order; what moves ends up side by side.
 * @returns undefined at the end of the way
 */
export function placeAfter(
  all: readonly string[],
  moving: ReadonlySet<string>,
  direction: Direction,
): (Place & { readonly index: number }) | undefined {
  const rest = all.filter((key) => !moving.has(key));
  const first = all.findIndex((key) => moving.has(key));
  const last = all.findLastIndex((key) => moving.has(key));
  if (first < 0) return undefined;
  const index = { up: first - 1, down: indexAfter(all, moving, last) + 1, top: 0, bottom: rest.length }[
    direction
  ];
  if (index < 0 || index > rest.length) return undefined;
  const isThere = last - first === moving.size - 1 && index === first;
  return isThere ? undefined : { ...placeAt(rest, index), index };
}

/** Between which keys the gap before `rest[index]` is. */
export function placeAt(rest: readonly string[], index: number): Place {
  return { after: rest[index - 1] ?? null, before: rest[index] ?? null };
}

function indexAfter(all: readonly string[], moving: ReadonlySet<string>, last: number): number {
  return all.slice(0, last).filter((key) => !moving.has(key)).length;
}

/** Moves tasks one step in the order of their list, and says where the first of them is then. */
export async function moved(page: Page, keys: readonly string[], direction: Direction): Promise<void> {
  const all = page.tasks.peek().flatMap((task) => (task.status === "completed" ? [] : [task.key]));
  const place = placeAfter(all, new Set(keys), direction);
  if (place === undefined) return page.say(t("order.end"));
  const { index, ...between } = place;
  const first = page.work.task(keys[0] ?? "").peek();
  const done = await page.act(() => page.work.acts.moveTasks(keys, { place: between }));
  if (!done) return;
  page.toast.value = undefined;
  page.say(t("order.moved", { todo: first?.todo ?? "", position: index + 1, count: all.length }));
}
