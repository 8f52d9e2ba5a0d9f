import { X } from "lucide";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../text/text.ts";
import { Icon } from "./icons.tsx";
import { useModal } from "./modal.ts";
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
  // With its dialog, and not after that has been drawn: the next key is the page's.
  useLayoutEffect(() => {
    if (page.dialog.peek() === own) page.dialog.value = undefined;
  }, []);
  return null;
}

/** A native modal dialog: Esc and a press beside it close it, and the focus goes back to where it was. */
export function DialogFrame({ title, hasHead = true, wide = false, children }: DialogProps) {
  const page = usePage();
  const dialog = useModal(() => page.focus(page.focused.peek()));
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
