// Runs while HTML with a picture is read, before anything is drawn: decides whether it may be seen, and starts the page.
import { lastCopy, stylesInUse } from "./picture/picture.ts";

const { copy, hash, styles, scripts = "" } = document.currentScript?.dataset ?? {};
const isShown = copy === lastCopy() && hash === location.hash && styles === stylesInUse();

function hide(): void {
  document.documentElement.dataset.picture = "other";
}

function start(): void {
  for (const name of scripts.split(" "))
    import(`./${name}`).catch((error: unknown) => {
      // It would look like a page that works.
      hide();
      console.error(error);
    });
}

if (isShown && !document.hidden) {
  // The page's scripts would delay the first frame; an animation frame's callbacks come before it is drawn.
  requestAnimationFrame(() => setTimeout(start));
  // A tab that is not seen draws no frames. A module runs once, however often it is asked for.
  document.addEventListener("visibilitychange", start, { once: true });
} else {
  if (!isShown) hide();
  start();
}
