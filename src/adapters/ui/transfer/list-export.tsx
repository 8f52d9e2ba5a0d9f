import { t } from "../text/text.ts";
import { usePage } from "../view/page.ts";
import { nameOf } from "../view/screens.ts";
import type { ListRow } from "../workspace/types.ts";
import { ExportButtons } from "./export-buttons.tsx";
import { portableList } from "./transfer.ts";

/** One list as a file. */
export function ListExport({ list }: { readonly list: ListRow }) {
  const { work } = usePage();
  return (
    <>
      <p class="quiet">{t("transfer.explain.list")}</p>
      <div class="bar">
        <ExportButtons lists={() => [portableList(work, list)]} name={fileName(nameOf(list))} />
      </div>
    </>
  );
}

const NAME_CHARS_MAX = 60;

/** What is no letter or digit of any script might mean something to a file system. */
function fileName(name: string): string {
  const plain = name.replace(/[^\p{L}\p{N}\p{M}]+/gu, "-").replace(/^-|-$/g, "");
  return [...plain].slice(0, NAME_CHARS_MAX).join("") || "todos";
}
