import { useLayoutEffect, useRef } from "preact/hooks";
import { isFocusFree } from "./focus.ts";

/**
 * Opens a native dialog as a modal one as soon as it is there. When it goes, the focus goes back to where it was, unless a
 * key pressed meanwhile has moved it.
 *
 * @param otherwise called where what had the focus is gone, or where nothing had it
 */
export function useModal(otherwise: () => void = () => undefined) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const opener = document.activeElement;
    dialog.current?.showModal();
    return () => {
      // When the change that closes the dialog has been drawn: the opener may be gone by then.
      requestAnimationFrame(() => {
        if (!isFocusFree()) return;
        const other = document.querySelector("dialog[open]");
        if (other !== null && !other.contains(opener)) return;
        if (opener instanceof HTMLElement && opener !== document.body && opener.isConnected) opener.focus();
        else otherwise();
      });
    };
  }, []);
  return dialog;
}
