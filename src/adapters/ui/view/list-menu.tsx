import { Download, Pencil, Share2, Trash2 } from "lucide";
import { t } from "../text/text.ts";
import type { ListRow } from "../workspace/types.ts";
import { Icon } from "./icons.tsx";
import { type ListDialogs, usePage } from "./page.ts";
import { nameOf } from "./screens.ts";

type OfList = Extract<ListDialogs, { readonly list: string }>;

/** What can be done to the list itself; of that, only what the caller may. */
export function ListMenu({ list }: { readonly list: ListRow }) {
  const page = usePage();
  const { rename, share } = list.may;
  const name = nameOf(list);
  return (
    <div class="list-menu">
      {rename && button(Pencil, "rename-list", t("list.rename.name", { name }))}
      {share && button(Share2, "share-list", t("list.share.name", { name }))}
      {button(Download, "export-list", t("list.export.name", { name }))}
      {list.may.delete && button(Trash2, "delete-list", t("list.delete.name", { name }))}
    </div>
  );

  function button(icon: typeof Pencil, dialog: OfList["name"], label: string) {
    const open = () => {
      page.dialog.value = { name: dialog, list: list.key };
    };
    return (
      <button type="button" class="icon-button" aria-label={label} title={label} onClick={open}>
        <Icon node={icon} />
      </button>
    );
  }
}
