import { X } from "lucide";
import type { ComponentChildren } from "preact";
import { t } from "../text/text.ts";
import { Icon } from "../view/icons.tsx";
import { useModal } from "../view/modal.ts";

interface ModalProps {
  readonly title: string;
  readonly close: () => void;
  readonly children: ComponentChildren;
}

/** A native dialog that works on its own, even before anybody is signed in, and above another dialog. */
export function Modal({ title, close, children }: ModalProps) {
  const dialog = useModal();
  return (
    <dialog
      ref={dialog}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
    >
      <div class="dialog-head">
        <h2>{title}</h2>
        <button type="button" class="icon-button" aria-label={t("app.close")} onClick={close}>
          <Icon node={X} />
        </button>
      </div>
      <div class="dialog-body">{children}</div>
    </dialog>
  );
}
