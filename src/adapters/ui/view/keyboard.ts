import { createKeybindingsHandler } from "tinykeys";
import { COMMANDS, type Command } from "./commands.ts";
import type { Page } from "./page.ts";
import { singleKeys } from "./preferences.ts";

const WITH_MODIFIER = /\$mod|Alt\+|^F\d|Escape/;
/** Where letters are text. */
const EDITABLE = "input:not([type=checkbox],[type=radio]), textarea, select, [contenteditable]";
const INTERACTIVE = "a, button, summary, input, textarea, select, [contenteditable]";

/** Listens to every key of {@link COMMANDS}. @returns how to stop */
export function listenToKeys(page: Page, target: Window = window): () => void {
  const bindings = COMMANDS.flatMap((command) =>
    (command.keys ?? []).map(
      (keys) => [keys, (event: KeyboardEvent) => pressed(page, command, keys, event)] as const,
    ),
  );
  // The last key of `g #` alone would delete: the longer one is heard first, and takes the key.
  bindings.sort(([a], [b]) => b.length - a.length);
  const handler = createKeybindingsHandler(Object.fromEntries(bindings), { ignore: isForSomethingElse });
  target.addEventListener("keydown", handler);
  return () => target.removeEventListener("keydown", handler);
}

function pressed(page: Page, command: Command, keys: string, event: KeyboardEvent): void {
  // While a dialog is open all keys are its own, wherever the focus is.
  if (page.dialog.peek() !== undefined) return;
  if (event.defaultPrevented || !applies(command, keys, event.target)) return;
  const isPossible = command.when?.(page) !== false;
  if (isPossible || keys.includes(" ")) event.preventDefault();
  if (isPossible) command.run(page);
}

/** Whether the key means the command where it was pressed. */
export function applies(command: Command, keys: string, target: EventTarget | null): boolean {
  const isElement = target instanceof Element;
  if (!singleKeys.peek() && !WITH_MODIFIER.test(keys) && !command.onRows) return false;
  if (isElement && target.closest("dialog") !== null) return false;
  if (isElement && target.closest(EDITABLE) !== null) return keys === "$mod+k";
  if (!command.onRows || /^[a-z]$/.test(keys)) return true;
  if (!isElement || target.closest(INTERACTIVE) === null) return true;
  return target.closest("[role=grid]") !== null && target.closest("a, button") === null;
}

/** While an input method composes a character, its keys are its own. */
function isForSomethingElse(event: KeyboardEvent): boolean {
  return event.isComposing;
}
