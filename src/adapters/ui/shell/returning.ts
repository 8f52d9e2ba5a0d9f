import { type Left, LINE } from "./updates.ts";

/** Rows come from the copy a moment after the page; what is not there by then has gone. */
const WAIT_MS = 10_000;

/** Puts back what the page before has left, as soon as there is a place for it. @param left as JSON */
export function putBack(left: string): void {
  const { line, focus }: Left = JSON.parse(left);
  const waiting = new Map<string, (place: HTMLElement) => void>();
  if (line !== "") waiting.set(LINE, (field) => typed(field, line));
  if (focus !== undefined) {
    const text = focus === LINE ? line : "";
    waiting.set(focus, (place) => {
      if (text !== "") typed(place, text);
      if (document.activeElement === document.body || focus === LINE) place.focus();
    });
  }
  const look = () => {
    for (const [id, act] of waiting) {
      const place = document.getElementById(id);
      if (place === null) continue;
      waiting.delete(id);
      act(place);
    }
    if (waiting.size === 0) watch.disconnect();
  };
  const watch = new MutationObserver(look);
  watch.observe(document.body, { childList: true, subtree: true });
  setTimeout(() => watch.disconnect(), WAIT_MS);
  look();
}

/** As if the person had typed it, so that the page hears of it. */
function typed(field: HTMLElement, text: string): void {
  if (!(field instanceof HTMLInputElement)) return;
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
