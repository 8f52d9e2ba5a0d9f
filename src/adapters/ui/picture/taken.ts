import { lastCopy, type Picture, stylesInUse } from "./picture.ts";

/** No row is lower, px. */
const ROW_PX_MIN = 44;
/** Browsers give an origin some five million in all. */
const CHARS_MAX = 200_000;
/** What is over the page, or for screen readers alone. */
const LEFT_OUT = "dialog, [popover], .toast, [role=status], .side-veil, .skip";
/** What gives an element a place, a name or a function; a page may not have styles in its text (CSP). */
const ATTRIBUTES = ["style", "id", "name", "for", "tabindex", "href", "data-index", "data-drop", "value"];

/** What is on the screen, as text. @returns undefined where it would not be what the page shows when it opens */
export function takenPicture(): Picture | undefined {
  const copy = lastCopy();
  const shell = document.querySelector(".shell");
  const isPlain = shell !== null && !shell.matches(".with-details, .side-open") && window.scrollY === 0;
  if (copy === null || !isPlain) return undefined;
  const html = asPicture(shell).outerHTML;
  if (html.length > CHARS_MAX) return undefined;
  const { lang: language, dir: direction, dataset } = document.documentElement;
  return {
    copy,
    hash: location.hash,
    styles: stylesInUse(),
    language,
    direction,
    ...(dataset.theme === undefined ? {} : { theme: dataset.theme }),
    html,
  };
}

function asPicture(shell: Element): Element {
  const copy = shell.cloneNode(true) as Element;
  for (const element of copy.querySelectorAll(LEFT_OUT)) element.remove();
  // Where only rows in sight are drawn, each has a place in a box as high as all of them.
  for (const place of copy.querySelectorAll(".row-place")) place.replaceWith(...place.childNodes);
  const box = copy.querySelector(".rows > [role=presentation]");
  box?.replaceWith(...box.childNodes);
  const rows = [...copy.querySelectorAll(".rows > *")];
  for (const row of rows.slice(Math.ceil(window.innerHeight / ROW_PX_MIN))) row.remove();
  for (const element of [copy, ...copy.querySelectorAll("*")])
    for (const name of ATTRIBUTES) element.removeAttribute(name);
  return copy;
}
