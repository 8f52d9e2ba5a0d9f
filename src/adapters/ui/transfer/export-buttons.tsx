import { t } from "../text/text.ts";
import { usePage } from "../view/page.ts";
import type { PortableList } from "./format.ts";
import { toJson } from "./json.ts";
import { toMarkdown } from "./markdown.ts";

interface ExportProps {
  /** Asked for when a button is pressed. */
  readonly lists: () => readonly PortableList[];
  /** Of the file, without its day and ending. */
  readonly name: string;
}

export function ExportButtons({ lists, name }: ExportProps) {
  const file = `${name}-${usePage().work.day.value}`;
  return (
    <>
      <button
        type="button"
        class="button"
        onClick={() => save(toJson(lists()), `${file}.json`, "application/json")}
      >
        {t("transfer.json")}
      </button>
      <button
        type="button"
        class="button"
        onClick={() => save(toMarkdown(lists()), `${file}.md`, "text/markdown")}
      >
        {t("transfer.markdown")}
      </button>
    </>
  );
}

const KEPT_MS = 60_000;

function save(text: string, name: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  // A browser may ask first where to put it.
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}
