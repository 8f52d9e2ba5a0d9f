import { t } from "../text/text.ts";
import { spokenTime } from "./dates.ts";
import { DialogFrame, focusBody } from "./dialog.tsx";
import { actText, usePage } from "./page.ts";

/** What was done here lately, each with its own undo. */
export function Recent() {
  const page = usePage();
  const acts = page.work.recent.value;
  const undo = async (id: string) => {
    if (await page.act(() => page.work.undo(id))) focusBody();
  };
  return (
    <DialogFrame title={t("recent.title")}>
      <div class="dialog-body" tabIndex={0}>
        {acts.length === 0 && <p class="quiet">{t("recent.none")}</p>}
        <ul class="entries">
          {acts.map((act) => (
            <li key={act.id}>
              <div class="grow">
                <span dir="auto">{actText(act)}</span>
                <small>
                  {spokenTime(act.at)}
                  {act.undo === "undone" && `, ${t("recent.undone")}`}
                  {act.undo === "no" && `, ${t("recent.no")}`}
                </small>
              </div>
              {act.undo === "can" && (
                <button
                  type="button"
                  class="button"
                  aria-label={t("recent.undo", { act: actText(act) })}
                  onClick={() => undo(act.id)}
                >
                  {t("undo.do")}
                </button>
              )}
            </li>
          ))}
        </ul>
      </div>
    </DialogFrame>
  );
}
