import type { Link } from "./types.ts";

/** The URL of a link, with these values where it is templated; those it does not know are left out. */
export function expanded(link: Link, values: Readonly<Record<string, string | number>>): string {
  if (!link.templated) return link.href;
  return link.href.replace(/\{(\??)([^}]*)\}/g, (_, isQuery: string, names: string) => {
    const given = names.split(",").filter((name) => values[name] !== undefined);
    const encoded = (name: string) => encodeURIComponent(String(values[name]));
    if (isQuery === "") return given.map(encoded).join(",");
    const query = given.map((name) => `${name}=${encoded(name)}`).join("&");
    return query === "" ? "" : `?${query}`;
  });
}

/** By relation. Source: RFC 8288, as far as the service uses it. */
export function headerLinks(header: string | null): Readonly<Record<string, string>> {
  const links: Record<string, string> = {};
  for (const [, href = "", rel = ""] of (header ?? "").matchAll(/<([^>]*)>;\s*rel="([^"]*)"/g))
    links[rel] = href;
  return links;
}

export function hrefOf(link: Link | string): string {
  return typeof link === "string" ? link : link.href;
}
