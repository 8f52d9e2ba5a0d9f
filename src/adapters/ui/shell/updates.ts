import { signal } from "@preact/signals";
import { newTaskLine } from "./line.ts";
import { startUrl } from "./start.ts";
import { hasBegun, watchTyping } from "./typing.ts";

/** Nobody is at the page if nothing was pressed or moved for so long. */
const IDLE_MS = 5_000;
/** How often a page that stays open for days asks whether there is a newer one. */
const CHECK_EVERY_MS = 30 * 60_000;
/** Where it is handed on in the browser's storage, which ends with the tab. */
const LEFT = "todos:left";
const SIGNS_OF_LIFE = ["keydown", "pointerdown", "pointermove", "wheel", "input"] as const;

/** There is a newer page, which replaces this one as soon as nothing can be lost. */
export const updateWaiting = signal(false);

/** Whether anything exists only in this page, apart from what is typed. */
type IsUnsaved = () => boolean;

let check = async (): Promise<void> => {};

/** What {@link loadUpdate} hands on: the line of a new task, and the id of what has the focus. */
export interface Left {
  readonly line: string;
  readonly focus?: string | undefined;
}

/**
 * Loads the newer page now. The line of a new task comes along, and so does the focus; see returning.ts.
 * @param focus id of what is to have it; default: what has it
 */
export function loadUpdate(focus = document.activeElement?.closest("[id]")?.id): void {
  // It would leave the focus behind.
  removeEventListener("pagehide", leaveLine);
  leave({ line: newTaskLine.peek(), focus });
  location.reload();
}

/** For a page that is loaded again by hand. */
function leaveLine(): void {
  const line = newTaskLine.peek();
  leave(line === "" ? undefined : { line });
}

function leave(left: Left | undefined): void {
  try {
    if (left) sessionStorage.setItem(LEFT, JSON.stringify(left));
    else sessionStorage.removeItem(LEFT);
  } catch {
    // A browser that keeps nothing: the page begins as it does for anyone.
  }
}

/** @returns what an older page has left, as text, once */
export function leftBehind(): string | null {
  try {
    const left = sessionStorage.getItem(LEFT);
    sessionStorage.removeItem(LEFT);
    return left;
  } catch {
    return null;
  }
}

/** Asks the service whether it has a newer page; call it when the service may have been replaced. */
export function checkForUpdate(): void {
  // Without a connection there is no answer: the page asks again.
  check().catch(() => undefined);
}

/**
 * Keeps the page's files for the next time, also without a connection, and the page up to date. Over plain HTTP there is
 * no service worker: then the page only looks whether it is still the one that the service has.
 */
export async function keepUpToDate(isUnsaved: IsUnsaved): Promise<void> {
  watchTyping(document);
  addEventListener("pagehide", leaveLine);
  reloadWhenIdle(isUnsaved);
  check = "serviceWorker" in navigator ? await underWorker(navigator.serviceWorker) : comparePages;
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) checkForUpdate();
  });
  addEventListener("online", checkForUpdate);
  setInterval(checkForUpdate, CHECK_EVERY_MS);
  checkForUpdate();
}

/** A worker of a newer page takes over at once: files of this one stay where it finds them. */
async function underWorker(workers: ServiceWorkerContainer): Promise<() => Promise<void>> {
  let isFirst = workers.controller === null;
  workers.addEventListener("controllerchange", () => {
    if (!isFirst) updateWaiting.value = true;
    isFirst = false;
  });
  const registration = await workers.register(new URL("service-worker.js", startUrl()), {
    updateViaCache: "none",
  });
  return async () => {
    await registration.update();
  };
}

const ENTRY = /<script type="module" src="[^"]*?([^"/]+)"/;

async function comparePages(): Promise<void> {
  const answer = await fetch(startUrl(), { headers: { accept: "text/html" }, cache: "no-cache" });
  if (!answer.ok) return;
  const served = ENTRY.exec(await answer.text())?.[1];
  const own = document.querySelector<HTMLScriptElement>("script[type=module]")?.src.split("/").at(-1);
  if (served !== undefined && own !== undefined && served !== own) updateWaiting.value = true;
}

function reloadWhenIdle(isUnsaved: IsUnsaved): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const later = () => {
    clearTimeout(timer);
    if (updateWaiting.peek()) timer = setTimeout(now, IDLE_MS);
  };
  const now = () => {
    if (isUnsaved() || hasBegun(document)) later();
    else loadUpdate();
  };
  for (const sign of SIGNS_OF_LIFE) addEventListener(sign, later, { passive: true });
  document.addEventListener("visibilitychange", () => {
    if (updateWaiting.peek() && document.hidden) now();
  });
  updateWaiting.subscribe(later);
}
