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
  const bindings = bindingsOf((command, keys, event) => {
    // Once a key has done something, nothing waits for a second one: after `g t`, the next `g` begins with all of them.
    handler = fresh();
    pressed(page, command, keys, event);
  });
  const fresh = () => createKeybindingsHandler(bindings, { ignore: isForSomethingElse });
  let handler = fresh();
  const heard = (event: KeyboardEvent) => {
    if (isRestOfText(event)) event.preventDefault();
    else handler(event);
  };
  target.addEventListener("keydown", heard);
  return () => target.removeEventListener("keydown", heard);
}

/** As long as keys follow each other so fast, they belong to the text, ms. */
const REST_MS = 1_500;
let restUntil = 0;

/** A field goes away while a person types into it: what is typed on is no command. */
export function typedOn(): void {
  restUntil = performance.now() + REST_MS;
}

function isRestOfText({ timeStamp, target }: KeyboardEvent): boolean {
  if (timeStamp >= restUntil || (target instanceof Element && target.closest(EDITABLE) !== null))
    return false;
  typedOn();
  return true;
}

type Heard = (command: Command, keys: string, event: KeyboardEvent) => void;

function bindingsOf(heard: Heard): Readonly<Record<string, (event: KeyboardEvent) => void>> {
  const bindings = COMMANDS.flatMap((command) =>
    (command.keys ?? []).map(
      (keys) => [keys, (event: KeyboardEvent) => heard(command, keys, event)] as const,
    ),
  );
  // The last key of `g #` alone would delete: the longer one is heard first, and takes the key.
  return Object.fromEntries(bindings.sort(([a], [b]) => b.length - a.length));
}

function pressed(page: Page, command: Command, keys: string, event: KeyboardEvent): void {
  if (event.defaultPrevented || !isMeant(page, command, keys, event.target)) return;
  const isPossible = command.when?.(page) !== false;
  if (isPossible || keys.includes(" ")) event.preventDefault();
  const isAboutRows = command.group === "task" || command.group === "order";
  if (turn !== undefined && isAboutRows) hold(turn.then(() => runStill(page, command, keys)));
  else if (isPossible) run(page, command);
}

/** While a dialog is open all keys are its own, wherever the focus is. */
function isMeant(page: Page, command: Command, keys: string, target: EventTarget | null): boolean {
  return page.dialog.peek() === undefined && applies(command, keys, target);
}

function run(page: Page, command: Command): void {
  const done = command.run(page);
  if (command.holds && done instanceof Promise) hold(done);
}

/** What was pressed before may have opened something. */
function runStill(page: Page, command: Command, keys: string): unknown {
  const isStill = isMeant(page, command, keys, document.activeElement) && command.when?.(page) !== false;
  return isStill ? command.run(page) : undefined;
}

/** What keys about rows wait for. */
let turn: Promise<unknown> | undefined;

function hold(done: Promise<unknown>): void {
  // What has changed is drawn by then, and the focus is where it goes.
  const drawn = () => new Promise((resolve) => setTimeout(resolve));
  const mine = done.then(drawn, drawn).finally(() => {
    if (turn === mine) turn = undefined;
  });
  turn = mine;
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
