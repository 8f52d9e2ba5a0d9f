import { TodosError } from "../../../domain/errors.ts";
import type { LinkBase } from "./links.ts";

/**
 * Whether the page that sends the request is ours. Browsers say so, and pages can't change it. Over plain HTTP they say it
 * by Origin alone.
 * @returns undefined if the request says nothing about a page
 */
export function isOwnPage(headers: Headers, base: LinkBase): boolean | undefined {
  const site = headers.get("sec-fetch-site");
  if (site !== null) return site === "same-origin";
  const origin = headers.get("origin");
  return origin === null ? undefined : origin === originOf(base);
}

/** Whether a browser asks only to have it ready, or to show what it looks like: nobody has opened it yet. */
export function isPreview(headers: Headers): boolean {
  return PREVIEW_HEADERS.some((name) => /\b(?:prefetch|preview|prerender)\b/i.test(headers.get(name) ?? ""));
}

/** The standard one, and those of earlier browsers. */
const PREVIEW_HEADERS = ["sec-purpose", "purpose", "x-purpose", "x-moz"];

/** Whether a page of another origin asks for it as a part of itself: a picture, a frame, a script's request. */
export function isForeignPart(headers: Headers): boolean {
  const site = headers.get("sec-fetch-site") ?? "none";
  if (site === "none" || site === "same-origin") return false;
  return headers.get("sec-fetch-mode") !== "navigate" || headers.get("sec-fetch-dest") !== "document";
}

function originOf({ url }: LinkBase): string {
  const end = url.indexOf("/", url.indexOf("://") + "://".length);
  return end < 0 ? url : url.slice(0, end);
}

export function foreignPage(): TodosError {
  return new TodosError(
    "forbidden",
    "A browser's session is valid only for requests from this service's own pages; programs send an API token. The right that is missing: same origin.",
  );
}
