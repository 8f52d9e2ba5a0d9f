import { effect } from "@preact/signals";
import type { Workspace } from "../workspace/types.ts";
import { keepPicture, PICTURE_ID } from "./picture.ts";

/** After the last change, ms. */
const SETTLED_MS = 1_000;

/** Takes the picture away as soon as there is something to show, and keeps what is shown from then on. */
export function followPicture(work: Workspace): void {
  effect(() => {
    if (work.state.value === "opening") return;
    // What has changed is drawn by then.
    requestAnimationFrame(() => document.getElementById(PICTURE_ID)?.remove());
  });
  if (work.limits.peek().copy) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const keep = async () => {
    clearTimeout(timer);
    if (work.state.peek() !== "ready") return keepPicture(null);
    // Without a connection and a worker it may not be there: then what is kept is older, or nothing.
    const taken = await import("./taken.ts").catch(() => undefined);
    if (taken) keepPicture(work.state.peek() === "ready" ? taken.takenPicture() : null);
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(keep, SETTLED_MS);
  };
  const place = document.getElementById("app");
  const watched = { subtree: true, childList: true, attributes: true, characterData: true };
  if (place) new MutationObserver(later).observe(place, watched);
  addEventListener("hashchange", later);
  addEventListener("resize", later);
  document.addEventListener("scroll", later, { passive: true });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") void keep();
  });
}
