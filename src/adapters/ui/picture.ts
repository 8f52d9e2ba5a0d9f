// Runs while HTML with a picture is read, before anything is drawn: decides whether it may be seen, and starts the page.
import { lastCopy, stylesInUse } from "./picture/picture.ts";

const { copy, hash, styles, scripts = "" } = document.currentScript?.dataset ?? {};
const isShown = copy === lastCopy() && hash === location.hash && styles === stylesInUse();

function start(): void {
  for (const name of scripts.split(" ")) import(`./${name}`).catch(console.error);
}

if (isShown && !document.hidden) {
  // The page's scripts would delay the first frame; an animation frame's callbacks come before it is drawn.
  requestAnimationFrame(() => setTimeout(start));
  // A tab that is not seen draws no frames. A module runs once, however often it is asked for.
  document.addEventListener("visibilitychange", start, { once: true });
} else {
  if (!isShown) document.documentElement.dataset.picture = "other";
  start();
}
