import { Menu } from "lucide";
import { useLayoutEffect } from "preact/hooks";
import { isGuest } from "../accounts/at-door.ts";
import { t } from "../text/text.ts";
import { Dialogs } from "./dialogs.tsx";
import { Icon } from "./icons.tsx";
import { listenToKeys } from "./keyboard.ts";
import { lazy } from "./lazy.tsx";
import { Main } from "./main.tsx";
import { isNarrow } from "./narrow.ts";
import { Notice } from "./notice.tsx";
import { usePage } from "./page.ts";
import { SideBar } from "./side-bar.tsx";
import { SyncButton } from "./sync-button.tsx";
import { ToastView } from "./toast.tsx";

const GuestBar = lazy("accounts", async () => (await import("../accounts/guest.tsx")).GuestBar);

/** Not on the first screen. */
const Details = lazy<object>("first", async () => (await import("./details.tsx")).Details);

export function Shell() {
  const page = usePage();
  useLayoutEffect(() => listenToKeys(page), [page]);
  const isSideOpen = page.sideOpen.value;
  const hasDetails = page.route.value.task !== undefined;
  const isCovered = isNarrow.value && (hasDetails || isSideOpen);
  const classes = `shell${isSideOpen ? " side-open" : ""}${hasDetails ? " with-details" : ""}`;
  return (
    <div class={classes}>
      <button type="button" class="hidden skip" onClick={() => page.focus(page.tasks.peek()[0]?.key)}>
        {t("app.skip")}
      </button>
      <SideBar isOut={hasDetails && isNarrow.value} />
      {isSideOpen && (
        <div class="side-veil" onClick={() => (page.sideOpen.value = false)} aria-hidden="true" />
      )}
      <TopBar isOut={isCovered} />
      <div class="body">
        {isGuest(page.work) && <GuestBar work={page.work} />}
        <Main isOut={isCovered} />
        {hasDetails && <Details />}
      </div>
      <Notice />
      <ToastView />
      <Dialogs />
      <div class="hidden" role="status" aria-live="polite">
        {page.spoken.value}
      </div>
    </div>
  );
}

/** Where there is no room for the side bar. */
function TopBar({ isOut }: { readonly isOut: boolean }) {
  const page = usePage();
  return (
    <header class="top" inert={isOut}>
      <button
        type="button"
        class="icon-button"
        aria-label={t("app.menu")}
        aria-expanded={page.sideOpen.value}
        onClick={() => (page.sideOpen.value = true)}
      >
        <Icon node={Menu} />
      </button>
      <SyncButton />
    </header>
  );
}
