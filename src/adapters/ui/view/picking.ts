import { caseFolded } from "../../../domain/folding.ts";
import { t } from "../text/text.ts";
import type { TaskRow } from "../workspace/types.ts";
import type { Option } from "./chooser.tsx";
import type { Page } from "./page.ts";

/** The options whose names have the text somewhere. */
export function fitting<O extends Option>(options: readonly O[], text: string): readonly O[] {
  const wanted = caseFolded(text.trim());
  return options.filter((option) => caseFolded(option.name).includes(wanted));
}

export function rowsOf(page: Page, keys: readonly string[]): readonly TaskRow[] {
  return keys.flatMap((key) => page.work.task(key).value ?? []);
}

export function titleOf(
  page: Page,
  keys: readonly string[],
  key: "pick.due" | "pick.priority" | "pick.move" | "pick.labels",
): string {
  return t(key, { count: keys.length, name: page.work.task(keys[0] ?? "").value?.todo ?? "" });
}

export function close(page: Page, doing: () => Promise<unknown>): void {
  page.dialog.value = undefined;
  void page.act(doing);
}
