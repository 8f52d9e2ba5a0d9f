import { ChevronDown, ChevronRight } from "lucide";
import { t } from "../text/text.ts";
import { Icon } from "./icons.tsx";
import { type Page, usePage } from "./page.ts";
import type { Item } from "./screens.ts";
import { Row } from "./task-row.tsx";

export function ItemView({ item, position }: { readonly item: Item; readonly position: number }) {
  const page = usePage();
  if (item.kind === "task") {
    return <Row task={item.task} position={position} tabbable={tabStop(page) === item.task.key} />;
  }
  return item.kind === "fold" ? (
    <Fold item={item} position={position} />
  ) : (
    <Head item={item} position={position} />
  );
}

/** Key of the row that Tab leads to: the last one in focus, or the first. */
export function tabStop(page: Page): string | undefined {
  return page.focused.value ?? page.tasks.value[0]?.key;
}

function Head({ item, position }: { readonly item: Item & { kind: "head" }; readonly position: number }) {
  return (
    <div class="row-head" role="row" aria-rowindex={position}>
      <div role="gridcell">
        <h2 class={item.late ? "late" : undefined}>
          {item.title} <small>{item.count}</small>
        </h2>
      </div>
    </div>
  );
}

function Fold({ item, position }: { readonly item: Item & { kind: "fold" }; readonly position: number }) {
  const page = usePage();
  const text = t(item.open ? "screen.done.hide" : "screen.done.show", { count: item.count });
  return (
    <div class="row-fold" role="row" aria-rowindex={position}>
      <div role="gridcell">
        <button type="button" aria-expanded={item.open} onClick={() => (page.showDone.value = !item.open)}>
          <Icon node={item.open ? ChevronDown : ChevronRight} flips={!item.open} />
          {text}
        </button>
      </div>
    </div>
  );
}
