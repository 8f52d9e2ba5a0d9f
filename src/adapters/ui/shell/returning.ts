import { LINE, newTaskLine } from "./line.ts";
import type { Left } from "./updates.ts";

/** Rows come from the copy a moment after the page; what is not there by then has gone. */
const WAIT_MS = 10_000;

/** Puts back what the page before has left. @param left as JSON */
export function putBack(left: string): void {
  const { line, focus }: Left = JSON.parse(left);
  newTaskLine.value = line;
  if (focus !== undefined) focusWhenThere(focus);
}

function focusWhenThere(id: string): void {
  const look = () => {
    const place = document.getElementById(id);
    if (place === null) return;
    watch.disconnect();
    if (document.activeElement === document.body || id === LINE) place.focus();
  };
  const watch = new MutationObserver(look);
  watch.observe(document.body, { childList: true, subtree: true });
  setTimeout(() => watch.disconnect(), WAIT_MS);
  look();
}
