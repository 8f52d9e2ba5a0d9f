/** Stands for every host in a list of allowed hosts. */
export const ANY_HOST = "*";

const LOOPBACK_V4 = /^127(\.\d{1,3}){3}$/;
/** `::1`, and 127.0.0.0/8 as an IPv6 address, as the URL parser writes them. */
const LOOPBACK_V6 = /^\[(::1|::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4})\]$/;

/**
 * The name in a Host header, in a canonical spelling: `Todos.Example.:8181` is `todos.example`, and
 * `[0:0:0:0:0:0:0:1]:80` is `[::1]`.
 * @param authority a host with an optional port; an IPv6 address without a port may lack brackets
 */
export function hostNameOf(authority: string): string {
  if (authority.split(":", 3).length > 2 && !authority.startsWith("[")) return ipv6Of(`[${authority}]`);
  const name = authority.replace(/:\d*$/, "").toLowerCase();
  if (name.startsWith("[")) return ipv6Of(name);
  return name.endsWith(".") ? name.slice(0, -1) : name;
}

function ipv6Of(bracketed: string): string {
  return URL.parse(`http://${bracketed}/`)?.hostname ?? bracketed;
}

/** Whether the name always means this machine, whatever a resolver says. @param name by `hostNameOf` */
export function isLoopbackName(name: string): boolean {
  // RFC 6761, 6.3: localhost and its subdomains.
  return (
    name === "localhost" || name.endsWith(".localhost") || LOOPBACK_V4.test(name) || LOOPBACK_V6.test(name)
  );
}

/**
 * Makes a function that tells whether a Host header is allowed. Ports don't matter. Loopback names are always allowed:
 * no web page on another host can have one.
 * @param allowed names and addresses without ports; `*.example` stands for all its subdomains, `*` for everything
 */
export function hostFilter(allowed: readonly string[]): (authority: string) => boolean {
  if (allowed.includes(ANY_HOST)) return () => true;
  const isWildcard = (entry: string): boolean => entry.startsWith("*.");
  const names = new Set(allowed.filter((entry) => !isWildcard(entry)).map(hostNameOf));
  const suffixes = allowed.filter(isWildcard).map((entry) => hostNameOf(entry).slice(1));
  return (authority) => {
    const name = hostNameOf(authority);
    return names.has(name) || isLoopbackName(name) || suffixes.some((suffix) => name.endsWith(suffix));
  };
}
