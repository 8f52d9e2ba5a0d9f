import type { Page } from "./page.ts";

/** Completes tasks, or reopens them where all are completed. */
export function completed(page: Page, keys: readonly string[]): Promise<boolean> {
  const status = allAre(page, keys, "completed") ? "pending" : "completed";
  return page.act(() => page.work.acts.setStatus(keys, status));
}

export function started(page: Page, keys: readonly string[]): Promise<boolean> {
  const status = allAre(page, keys, "in_progress") ? "pending" : "in_progress";
  return page.act(() => page.work.acts.setStatus(keys, status));
}

function allAre(page: Page, keys: readonly string[], status: string): boolean {
  return keys.every((key) => page.work.task(key).peek()?.status === status);
}

export const act = {
  delete: (page: Page, keys: readonly string[]) => page.act(() => page.work.acts.deleteTasks(keys)),
  undo: (page: Page) => page.act(() => page.work.undo()),
  edit(page: Page): void {
    page.editing.value = page.focused.peek() ?? page.route.peek().task;
  },
};
