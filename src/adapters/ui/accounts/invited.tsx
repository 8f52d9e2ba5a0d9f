import { signal } from "@preact/signals";
import { Mail } from "lucide";
import { useEffect } from "preact/hooks";
import { t } from "../text/text.ts";
import { SideItem } from "../view/side-item.tsx";
import type { Workspace } from "../workspace/types.ts";
import { rowsOf } from "./resources.ts";

/** No event announces an invitation, so the page asks for them as often as it compares lists. */
const EVERY_MS = 5 * 60_000;

/** How many there are, as last seen, here or where they are answered. */
export const invited = signal(0);

/** Invitations that wait for an answer; nothing where there are none. */
export function Invited({ work }: { readonly work: Workspace }) {
  useInvitations(work);
  const count = invited.value;
  if (count === 0) return null;
  return (
    <SideItem
      screen="settings"
      of="invitations"
      icon={Mail}
      name={t("nav.invitations")}
      count={count}
      counted={t("nav.invited", { count })}
    />
  );
}

function useInvitations(work: Workspace): void {
  const href = work.me.value?.resource._links.invitations?.href;
  const isOnline = work.connection.value === "online";
  useEffect(() => {
    if (href === undefined || !isOnline) return;
    const look = () => {
      if (document.hidden) return;
      work.api.get(href).then(
        ({ body }) => {
          invited.value = rowsOf(body, "invitations").length;
        },
        () => {
          // Asked again; how things are with the service is shown elsewhere.
        },
      );
    };
    look();
    const timer = setInterval(look, EVERY_MS);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [href, isOnline]);
}
