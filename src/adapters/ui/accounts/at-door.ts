import { computed, signal } from "@preact/signals";
import type { Workspace } from "../workspace/types.ts";

/** All of accounts that the first screen needs to know; the rest is loaded when it is shown. */
const hash = signal(globalThis.location?.hash ?? "");
globalThis.addEventListener?.("hashchange", () => {
  hash.value = location.hash;
});

/** Whether the address is one to which the service leads a browser that has followed a link with a secret. */
const isAtLink = computed(() => hash.value.startsWith("#/link?"));

/** Whether there is something to do before tasks can be shown. */
export function isAtDoor(work: Workspace): boolean {
  return work.state.value === "signed-out" || isAtLink.value;
}

/** Shown to a guest from a share link, who can leave and has no account. */
export function isGuest(work: Workspace): boolean {
  const links = work.root.value?._links ?? {};
  return links.me === undefined && links["sign-out"] !== undefined;
}
