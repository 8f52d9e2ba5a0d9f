import { CalendarDays, CircleCheckBig, Hash, Inbox, List, Search, Sun } from "lucide";
import { t } from "../text/text.ts";
import { Icon } from "./icons.tsx";
import type { Empty as Kind } from "./screens.ts";

const ICONS = {
  inbox: Inbox,
  today: Sun,
  upcoming: CalendarDays,
  overdue: CircleCheckBig,
  list: List,
  label: Hash,
  search: Search,
  begin: Search,
  done: CircleCheckBig,
  missing: List,
} as const;

/** What stands where there is no task: what this place is for, and what to do first. */
export function Empty({ kind, label }: { readonly kind: Kind; readonly label: string }) {
  return (
    <div class="empty">
      <Icon node={ICONS[kind]} />
      {kind === "missing" && <p>{t("screen.missing")}</p>}
      {kind === "begin" && (
        <>
          <p>{t("empty.search.begin")}</p>
          <p>{t("empty.search.how")}</p>
        </>
      )}
      {kind !== "missing" && kind !== "begin" && (
        <>
          <p>{t(`empty.${kind}`)}</p>
          <p>{t(`empty.${kind}.how`, { label })}</p>
        </>
      )}
    </div>
  );
}
