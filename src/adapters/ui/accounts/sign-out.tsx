import { useSignal } from "@preact/signals";
import { t } from "../text/text.ts";
import type { Workspace } from "../workspace/types.ts";
import { Modal } from "./modal.tsx";
import { hasCode } from "./problems.ts";
import { Problem } from "./rows.tsx";

interface SignOutProps {
  readonly work: Workspace;
  readonly close: () => void;
}

/** Asks what becomes of the copy in this browser, and says what would be lost with it. */
export function SignOut({ work, close }: SignOutProps) {
  const problem = useSignal<unknown>(undefined);
  const unsent = work.queue.value.length;
  const leave = async (keepCopy: boolean) => {
    try {
      await signedOut(work);
      await work.close(keepCopy);
      // What this page has in its memory goes, too.
      location.replace(location.pathname);
    } catch (error) {
      problem.value = error;
    }
  };
  return (
    <Modal title={t("accounts.signOut")} close={close}>
      <p>{t("accounts.signOut.about")}</p>
      {unsent > 0 && (
        <p class="problem" role="alert">
          {t("accounts.signOut.unsent", { count: unsent })}
        </p>
      )}
      <Problem of={problem.value} />
      <div class="dialog-acts">
        <button type="button" class="button button-danger" onClick={() => leave(false)}>
          {unsent > 0 ? t("accounts.signOut.wipe.unsent", { count: unsent }) : t("accounts.signOut.wipe")}
        </button>
        <button type="button" class="button button-main" onClick={() => leave(true)}>
          {t("accounts.signOut.keep")}
        </button>
      </div>
    </Modal>
  );
}

/** Works even if the session has ended in the meantime. */
export async function signedOut(work: Workspace): Promise<void> {
  try {
    const root = await work.api.root();
    const template = root._templates?.["sign-out"];
    if (template) await work.api.send(template);
  } catch (error) {
    if (!hasCode(error, "unauthenticated")) throw error;
  }
}
