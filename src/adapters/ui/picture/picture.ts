/** What the page showed last: part of the HTML that the browser keeps, and replaced by the page as soon as that is ready. */
export interface Picture {
  /** Name of the copy that it was made of. */
  readonly copy: string;
  /** Of the page's address. */
  readonly hash: string;
  /** Address of the styles that it was made with: another build may have other ones. */
  readonly styles: string;
  readonly language: string;
  readonly direction: string;
  readonly theme: string;
  readonly html: string;
}

/** What the page tells its worker, which keeps the HTML. */
export interface PictureMessage {
  readonly picture: Picture | null;
}

/** Id of the element that shows it. */
export const PICTURE_ID = "picture";
const LAST_COPY = "todos-copy";

/** Where there is no worker, nothing is kept: the page opens as it does the first time. */
export function keepPicture(picture: Picture | null): void {
  const message: PictureMessage = { picture };
  navigator.serviceWorker?.controller?.postMessage(message);
}

/** Name of the copy that was last in use in this browser. */
export function lastCopy(): string | null {
  return kept(() => localStorage.getItem(LAST_COPY)) ?? null;
}

/** @param name null: nobody's, since somebody has signed out. What was seen of another copy is not kept. */
export function setLastCopy(name: string | null): void {
  if (name !== lastCopy()) keepPicture(null);
  kept(() => (name === null ? localStorage.removeItem(LAST_COPY) : localStorage.setItem(LAST_COPY, name)));
}

/** Storage may be switched off, or full. */
function kept<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

export function stylesInUse(): string {
  return document.querySelector<HTMLLinkElement>("link[rel=stylesheet]")?.getAttribute("href") ?? "";
}
