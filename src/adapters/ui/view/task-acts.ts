import { t } from "../text/text.ts";
import type { RecentAct, Status } from "../workspace/types.ts";
import { actText, type Page } from "./page.ts";

/** Completes tasks, or reopens them where all are completed. */
export function completed(page: Page, keys: readonly string[]): Promise<boolean> {
  return set(page, keys, allAre(page, keys, "completed") ? "pending" : "completed");
}

export function started(page: Page, keys: readonly string[]): Promise<boolean> {
  return set(page, keys, allAre(page, keys, "in_progress") ? "pending" : "in_progress");
}

function set(page: Page, keys: readonly string[], status: Status): Promise<boolean> {
  const done = page.act(() => page.work.acts.setStatus(keys, status));
  page.pressed(keys, status, done);
  return done;
}

function allAre(page: Page, keys: readonly string[], status: string): boolean {
  return keys.every((key) => {
    const task = page.work.task(key).peek();
    return task !== undefined && page.statusOf(task) === status;
  });
}

/** Takes back what `find` finds, and says what that was. */
export async function undone(page: Page, find: () => Promise<RecentAct | undefined>): Promise<boolean> {
  let found: RecentAct | undefined;
  const isDone = await page.act(async () => {
    found = await find();
    await page.work.undo(found?.id);
  });
  if (!isDone || !found) return isDone;
  const text = t("undo.done", { act: actText(found) });
  page.toast.value = { text };
  page.say(text);
  return true;
}

export const act = {
  delete: (page: Page, keys: readonly string[]) => page.act(() => page.work.acts.deleteTasks(keys)),
  undo(page: Page): Promise<boolean> {
    // Of keys pressed in a row, it is the last act that is meant, also while that is not kept yet.
    const before = page.settled();
    return undone(page, async () => {
      await before;
      return page.work.recent.peek().find((done) => done.undo === "can");
    });
  },
  edit(page: Page): void {
    page.editing.value = page.focused.peek() ?? page.route.peek().task;
  },
};
