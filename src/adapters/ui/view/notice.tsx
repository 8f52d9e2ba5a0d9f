import { useEffect, useRef } from "preact/hooks";
import { loadUpdate, updateWaiting } from "../shell/updates.ts";
import { t } from "../text/text.ts";
import { usePage } from "./page.ts";

/** There is a newer page, which loads on its own; a user who is typing may load it at once. */
export function Notice() {
  const page = usePage();
  const isWaiting = updateWaiting.value;
  const { copy } = page.work.limits.value;
  const isUnsaved = copy && page.work.queue.value.length > 0;
  const text = t(isUnsaved ? "update.unsaved" : "update.waiting");
  /** Id of what had the focus before the button. */
  const place = useRef<string | undefined>(undefined);
  useEffect(() => {
    if (!isWaiting) return;
    page.say(text);
    const look = () => {
      const at = document.activeElement;
      if (at?.closest(".notice") === null) place.current = at.closest("[id]")?.id;
    };
    look();
    document.addEventListener("focusin", look);
    return () => document.removeEventListener("focusin", look);
  }, [isWaiting]);
  if (!isWaiting) return null;
  return (
    <aside class="notice" aria-label={t("update.label")}>
      <span>{text}</span>
      {!isUnsaved && (
        <button type="button" class="button" onClick={load}>
          {t("update.now")}
        </button>
      )}
    </aside>
  );

  /** The button has taken the focus from a field, which keeps what was typed: that comes first. */
  async function load(): Promise<void> {
    if (await page.settled()) loadUpdate(place.current);
  }
}
