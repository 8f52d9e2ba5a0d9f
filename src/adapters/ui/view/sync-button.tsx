import { Check, CloudOff, RefreshCw, TriangleAlert } from "lucide";
import { t } from "../text/text.ts";
import type { SyncState } from "../workspace/types.ts";
import { spokenTime } from "./dates.ts";
import { Icon } from "./icons.tsx";
import { usePage } from "./page.ts";

/** Whether everything is on the server, always in sight; opens the list of what is not. */
export function SyncButton() {
  const page = usePage();
  const state = page.work.sync.value;
  const long = syncText(state);
  return (
    <button
      type="button"
      class="sync"
      data-kind={state.kind}
      title={long}
      aria-label={t("sync.open", { state: long })}
      onClick={() => (page.dialog.value = { name: "sync" })}
    >
      <Icon node={iconOf(state)} />
      <span>{state.kind === "unsent" ? t("sync.unsent", { count: state.count }) : long}</span>
    </button>
  );
}

export function syncText(state: SyncState): string {
  if (state.kind === "opening") return t("sync.opening");
  if (state.kind === "saved")
    return state.away ? t("sync.saved.away", { reason: t(`sync.${state.away}`) }) : t("sync.saved");
  if (state.kind === "saving") return t("sync.saving");
  const { count, since, reason } = state;
  return t("sync.unsent.since", { count, time: spokenTime(since), reason: t(`sync.${reason}`) });
}

function iconOf(state: SyncState) {
  if (state.kind === "saved") return state.away ? CloudOff : Check;
  if (state.kind !== "unsent") return RefreshCw;
  return state.reason === "offline" || state.reason === "server" ? CloudOff : TriangleAlert;
}
