import { lastCopy, type Picture, stylesInUse } from "./picture.ts";

/** More than any screen has; it is written each time that the screen changes. */
const CHARS_MAX = 200_000;
/** What is over the page, or only for screen readers. */
const LEFT_OUT = "dialog, [popover], .toast, [role=status], .side-veil, .skip, .hidden";
/** What decides how an element looks. A page may not have styles in its text (CSP). */
const ATTRIBUTES = [
  ...["class", "dir", "type", "placeholder", "disabled", "aria-current", "aria-checked", "aria-selected"],
  ...["data-status", "data-priority", "data-kind"],
];

/** What is on the screen, as text. @returns null where it would not be what the page shows when it opens */
export function takenPicture(): Picture | null {
  const copy = lastCopy();
  const shell = document.querySelector(".shell");
  const isPlain = shell !== null && !shell.matches(".with-details, .side-open") && window.scrollY === 0;
  if (copy === null || !isPlain) return null;
  const html = asPicture(shell).outerHTML;
  if (html.length > CHARS_MAX) return null;
  const { lang: language, dir: direction, dataset } = document.documentElement;
  return {
    copy,
    hash: location.hash,
    styles: stylesInUse(),
    language,
    direction,
    theme: dataset.theme ?? "",
    html,
  };
}

function asPicture(shell: Element): Element {
  const copy = shell.cloneNode(true) as Element;
  const [shown, copies] = [shell, copy].map((root) => [...root.querySelectorAll("*")]) as [
    Element[],
    Element[],
  ];
  for (const [at, element] of copies.entries()) {
    if (shown[at]?.matches(LEFT_OUT) || !isInSight(shown[at])) element.remove();
    else if (!(element instanceof SVGElement)) strip(element);
  }
  // Where only rows in sight are drawn, each has a place in a box as high as all of them.
  for (const place of copy.querySelectorAll(".row-place, .rows > :not(.row, .row-head, .row-fold)"))
    place.replaceWith(...place.childNodes);
  return copy;
}

/** Fewer elements are drawn sooner. A line of text that can't be seen keeps its place; an icon has none. */
function isInSight(element: Element | undefined): boolean {
  const isDrawn = element?.checkVisibility({ opacityProperty: element instanceof SVGElement }) === true;
  return isDrawn && element.getBoundingClientRect().top < window.innerHeight;
}

function strip(element: Element): void {
  for (const { name } of [...element.attributes])
    if (!ATTRIBUTES.includes(name)) element.removeAttribute(name);
}
