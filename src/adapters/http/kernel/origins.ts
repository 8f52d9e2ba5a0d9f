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

function originOf({ url }: LinkBase): string {
  const end = url.indexOf("/", url.indexOf("://") + "://".length);
  return end < 0 ? url : url.slice(0, end);
}

export function foreignPage(): TodosError {
  return new TodosError(
    "forbidden",
    "A browser's session is good for requests of this service's own pages alone. The right that is missing: same origin.",
  );
}
