import { X } from "lucide";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../text/text.ts";
import { Icon } from "./icons.tsx";
import { usePage } from "./page.ts";

interface DialogProps {
  readonly title: string;
  /** Shown above; a dialog for choosing shows its own. */
  readonly hasHead?: boolean;
  readonly wide?: boolean;
  readonly children: ComponentChildren;
}

/** Where the focus goes when its element in the dialog is gone. */
export function focusBody(): void {
  document.querySelector<HTMLElement>("dialog[open] .dialog-body")?.focus();
}

/** In place of a dialog whose subject is no more: as long as one is open, all keys are its own. */
export function Closed() {
  const page = usePage();
  const own = useRef(page.dialog.peek()).current;
  useEffect(() => {
    if (page.dialog.peek() === own) page.dialog.value = undefined;
  }, []);
  return null;
}

/** A native modal dialog: Esc and a press beside it close it, and the focus goes back to where it was. */
export function DialogFrame({ title, hasHead = true, wide = false, children }: DialogProps) {
  const page = usePage();
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const opener = document.activeElement;
    dialog.current?.showModal();
    return () => {
      const isFree = opener instanceof HTMLElement && opener !== document.body;
      // Both happen after the change that closes the dialog has been drawn: the opener may be gone by then.
      requestAnimationFrame(() => {
        const isTaken = document.activeElement !== null && document.activeElement !== document.body;
        // By another dialog, or by what a key pressed meanwhile has led to.
        if (isTaken || document.querySelector("dialog[open]") !== null) return;
        if (isFree && opener.isConnected) opener.focus();
        else page.focus(page.focused.peek());
      });
    };
  }, []);
  const close = () => {
    page.dialog.value = undefined;
  };
  return (
    <dialog
      ref={dialog}
      class={wide ? "wide" : undefined}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onClick={(event) => event.target === dialog.current && close()}
    >
      {hasHead && (
        <div class="dialog-head">
          <h2>{title}</h2>
          <button type="button" class="icon-button" aria-label={t("app.close")} onClick={close}>
            <Icon node={X} />
          </button>
        </div>
      )}
      {children}
    </dialog>
  );
}
