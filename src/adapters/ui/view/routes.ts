/** Where the page is: all of it stands in the part of the address after `#`, which no server sees. */
export interface Route {
  readonly screen: ScreenName;
  /** Id or key of a list, a label, what to search for, or a part of the settings. */
  readonly of?: string;
  /** Key or id of the task whose details are open. */
  readonly task?: string;
}

/** Screens of tasks, which stand by themselves; then those of something; then those without tasks. */
const PLAIN = ["inbox", "today", "upcoming", "overdue", "trash"] as const;
const WITH_OF = ["list", "label", "settings"] as const;
export type ScreenName = (typeof PLAIN)[number] | (typeof WITH_OF)[number] | "search";

/** @returns undefined where the address names no screen: the page then chooses one */
export function parsedRoute(hash: string): Route | undefined {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [name = "", ...rest] = path.split("/");
  const params = new URLSearchParams(query);
  const task = params.get("task");
  const open = task ? { task } : {};
  const plain = PLAIN.find((known) => known === name);
  if (plain !== undefined) return { screen: plain, ...open };
  if (name === "search") return { screen: "search", of: params.get("q") ?? "", ...open };
  const withOf = WITH_OF.find((known) => known === name);
  const of = decoded(rest.join("/"));
  if (withOf === undefined || (of === "" && withOf !== "settings")) return undefined;
  return { screen: withOf, of, ...open };
}

export function hashOf(route: Route): string {
  const params = new URLSearchParams();
  if (route.screen === "search" && route.of) params.set("q", route.of);
  if (route.task !== undefined) params.set("task", route.task);
  const of = route.of && route.screen !== "search" ? `/${encodeURIComponent(route.of)}` : "";
  const query = params.size > 0 ? `?${params}` : "";
  return `#/${route.screen}${of}${query}`;
}

/** True if both show the same list of tasks, whatever details are open. */
export function sameScreen(a: Route, b: Route): boolean {
  return a.screen === b.screen && (a.of ?? "") === (b.of ?? "");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A stray % in an address that somebody typed: taken as it is.
    return text;
  }
}
