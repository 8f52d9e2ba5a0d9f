import { useEffect } from "preact/hooks";
import { t } from "../text/text.ts";
import { hashOf } from "../view/routes.ts";
import type { Workspace } from "../workspace/types.ts";
import { ActButton } from "./rows.tsx";
import { signedOut } from "./sign-out.tsx";

const BEGINNINGS = ["", "#/", "#/inbox"];

/** Says to a guest that they are one. Leaving wipes the copy: the browser has no account that could open it. */
export function GuestBar({ work }: { readonly work: Workspace }) {
  const leave = async () => {
    await signedOut(work);
    await work.close(false);
    location.replace(location.pathname);
  };
  const only = work.lists.value[0]?.id;
  useEffect(() => {
    // A guest has no inbox, with which the page would begin.
    if (only !== undefined && BEGINNINGS.includes(location.hash))
      location.replace(hashOf({ screen: "list", of: only }));
  }, [only]);
  return (
    <aside class="guest-bar" aria-label={t("accounts.guest.label")}>
      <p>{t("accounts.guest")}</p>
      <ActButton
        template={work.root.value?._templates?.["sign-out"]}
        text={t("accounts.guest.leave")}
        act={leave}
      />
    </aside>
  );
}
