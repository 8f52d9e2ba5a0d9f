import { signal } from "@preact/signals";

/** As in style/shell.css: there is room for one thing at a time. */
const QUERY = "(max-width: 48rem)";

/** True where details and the side bar lie over the list, which is then out of reach. */
export const isNarrow = signal(false);

if (typeof matchMedia === "function") {
  const media = matchMedia(QUERY);
  isNarrow.value = media.matches;
  media.addEventListener("change", () => {
    isNarrow.value = media.matches;
  });
}
