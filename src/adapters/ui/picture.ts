// Runs while the HTML is read, before everything else: shows what the page showed last.
import { lastCopy, PICTURE_ID, recalledPicture, stylesInUse } from "./picture/picture.ts";

const picture = recalledPicture();
if (
  picture !== undefined &&
  picture.copy === lastCopy() &&
  picture.hash === location.hash &&
  picture.styles === stylesInUse()
) {
  const root = document.documentElement;
  root.lang = picture.language;
  root.dir = picture.direction;
  if (picture.theme !== undefined) root.dataset.theme = picture.theme;
  const shown = document.createElement("div");
  shown.id = PICTURE_ID;
  // It can be seen, and nothing else: neither keys nor a screen reader get into it.
  shown.inert = true;
  shown.setAttribute("aria-hidden", "true");
  shown.innerHTML = picture.html;
  document.body.prepend(shown);
}
