import type { IconNode } from "lucide";
import { CalendarDays, CircleCheckBig, Flag, FolderInput, Tag, Trash2, X } from "lucide";
import { t } from "../text/text.ts";
import { isWritable, targets } from "./commands.ts";
import { Icon } from "./icons.tsx";
import { type Page, usePage } from "./page.ts";
import { act, completed } from "./task-acts.ts";

/** What can be done to several tasks at once; there while some are chosen. */
export function Many() {
  const page = usePage();
  const count = page.chosen.value.size;
  if (count === 0) return null;
  const mayWrite = [...page.chosen.value].every((key) => isWritable(page, key));
  const open = (name: "due" | "labels" | "priority" | "move") => () => {
    page.dialog.value = { name, keys: targets(page) };
  };
  return (
    <section class="many" aria-label={t("many.label")}>
      <span class="count">{t("many.count", { count })}</span>
      {mayWrite && (
        <>
          <Button
            icon={CircleCheckBig}
            name={t("many.complete")}
            onClick={() => completed(page, targets(page))}
          />
          <Button icon={CalendarDays} name={t("many.due")} onClick={open("due")} />
          <Button icon={Tag} name={t("many.labels")} onClick={open("labels")} />
          <Button icon={Flag} name={t("many.priority")} onClick={open("priority")} />
          <Button icon={FolderInput} name={t("many.move")} onClick={open("move")} />
          <Button icon={Trash2} name={t("many.delete")} onClick={() => act.delete(page, targets(page))} />
        </>
      )}
      <button type="button" class="icon-button" aria-label={t("many.clear")} onClick={() => clear(page)}>
        <Icon node={X} />
      </button>
    </section>
  );
}

function clear(page: Page): void {
  page.chosen.value = new Set();
  page.focus(page.focused.peek());
}

function Button(props: { readonly icon: IconNode; readonly name: string; readonly onClick: () => unknown }) {
  return (
    <button type="button" class="button" onClick={props.onClick}>
      <Icon node={props.icon} />
      {props.name}
    </button>
  );
}
