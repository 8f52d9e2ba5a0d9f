import { X } from "lucide";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../text/text.ts";
import { Icon } from "./icons.tsx";
import { usePage } from "./page.ts";
import { undone } from "./task-acts.ts";

/** Nothing is lost when it goes: the change can still be undone by its key and in the list of changes. */
const SHOWN_MS = 8_000;

/** What was done last, with a way back; or why it was not done, until it is closed. */
export function ToastView() {
  const page = usePage();
  const toast = page.toast.value;
  const isHeld = useRef(false);
  useEffect(() => {
    if (toast === undefined || toast.isProblem) return;
    const timer = setInterval(() => {
      if (!isHeld.current) page.toast.value = undefined;
    }, SHOWN_MS);
    return () => clearInterval(timer);
  }, [toast]);
  if (toast === undefined) return null;
  const hold = (held: boolean) => () => {
    isHeld.current = held;
  };
  return (
    <section
      class={`toast${toast.isProblem ? " toast-problem" : ""}`}
      aria-label={t("undo.label")}
      onMouseEnter={hold(true)}
      onMouseLeave={hold(false)}
      onFocusIn={hold(true)}
      onFocusOut={hold(false)}
    >
      <span class="text" dir="auto">
        {toast.text}
      </span>
      {toast.undo !== undefined && (
        <button type="button" class="button toast-undo" onClick={() => undo(toast.undo ?? "")}>
          {t("undo.do")} <kbd aria-hidden="true">Z</kbd>
        </button>
      )}
      <button type="button" class="icon-button" aria-label={t("app.close")} onClick={close}>
        <Icon node={X} />
      </button>
    </section>
  );

  function close(): void {
    page.toast.value = undefined;
    page.focus(page.focused.peek());
  }

  async function undo(id: string): Promise<void> {
    await undone(page, async () => page.work.recent.peek().find((act) => act.id === id));
    page.focus(page.focused.peek());
  }
}
