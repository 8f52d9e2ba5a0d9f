/** The family of headers that is accepted from proxies. */
export type ForwardedFamily = "x-forwarded" | "forwarded";

/** A request as the outermost trusted proxy received it; what it does not report is absent. */
export interface Told {
  readonly proto?: string;
  readonly host?: string;
  readonly prefix?: string;
}

/** A host with an optional port, as RFC 3986 writes them; nothing that could break out of a URL. */
export const AUTHORITY =
  /^(\[[0-9a-f:.]+\]|[a-z0-9._~-]+)(:([1-5]?\d{1,4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5]))?$/i;
/** Segments of unreserved characters and escapes of printable ones. */
const PREFIX = /^(\/([a-z0-9._~-]|%[2-9a-f][0-9a-f])+)+$/i;
const PREFIX_CHARS_MAX = 512;
/** `.`, `..`, escaped dots, slashes and control characters, and bytes that are not UTF-8: parsers disagree about them. */
const PREFIX_TRAPS = /\/\.{1,2}(\/|$)|%(2e|2f|5c|7f|c[01]|c2%[89])/i;
/** More proxies than anyone chains; limits the work per request. */
const HOPS_MAX = 20;

/**
 * What trusted proxies report. Each appends to the lists or replaces them, so only the right ends can be trusted: a
 * list is read from the right, as long as its addresses are trusted.
 */
export class Proxies {
  /**
   * @param trusts whether to accept headers from a peer with this address
   * @param family the headers that the proxies set; the other family is the client's, and ignored
   */
  constructor(
    private readonly trusts: (peer: string) => boolean,
    private readonly family: ForwardedFamily,
  ) {}

  /** @param peer address of the request's sender, called only if a proxy's headers may count */
  told(headers: Headers, peer: () => string | undefined): Told | undefined {
    return this.family === "forwarded" ? this.standard(headers, peer) : this.customary(headers, peer);
  }

  /**
   * The address a request came from before trusted proxies passed it on; if one of them does not report it, its own.
   * @param peer address of the sender
   */
  client(headers: Headers, peer: string | undefined): string | undefined {
    let client = peer;
    for (const source of this.sources(headers).slice(0, HOPS_MAX)) {
      if (!this.isTrusted(client)) break;
      const address = addressIn(source);
      if (address === undefined) break;
      client = address;
    }
    return client;
  }

  /** The address that each proxy got the request from, nearest first. */
  private sources(headers: Headers): string[] {
    if (this.family === "x-forwarded") return valuesOf(headers.get("x-forwarded-for")).reverse();
    return elementsOf(headers.get("forwarded") ?? "").map((element) => element.get("for") ?? "");
  }

  /** RFC 7239: an element contains what one proxy knew. */
  private standard(headers: Headers, peer: () => string | undefined): Told | undefined {
    const header = headers.get("forwarded");
    if (header === null || !this.isTrusted(peer())) return undefined;
    const elements = elementsOf(header);
    if (elements.length === 0) return undefined;
    const hops = this.trustedHops(this.sources(headers));
    const told: Told = {};
    // Farther ones last: they override nearer ones.
    for (const each of elements.slice(0, hops))
      Object.assign(told, valid(each.get("proto"), each.get("host")));
    return told;
  }

  private customary(headers: Headers, peer: () => string | undefined): Told | undefined {
    const lists = ["host", "proto", "port", "prefix"].map((name) => headers.get(`x-forwarded-${name}`));
    if (lists.every((list) => list === null) || !this.isTrusted(peer())) return undefined;
    const hops = this.trustedHops(this.sources(headers));
    const [host, proto, port, prefix] = lists.map((list) => {
      const values = valuesOf(list);
      return values[Math.max(0, values.length - hops)] || undefined;
    });
    return valid(proto, withPort(host, port, proto), prefix?.replace(/\/+$/, ""));
  }

  /** Whether a request whose sender has this address comes from a proxy. */
  isTrusted(peer: string | undefined): boolean {
    return peer !== undefined && this.trusts(peer);
  }

  /** How many proxies in a row are trusted. @param sources where each got the request from, nearest first */
  private trustedHops(sources: readonly string[]): number {
    const stranger = sources.slice(0, HOPS_MAX).findIndex((source) => {
      const address = addressIn(source);
      return address === undefined || !this.trusts(address);
    });
    return 1 + (stranger < 0 ? Math.min(sources.length, HOPS_MAX) : stranger);
  }
}

function valid(proto?: string, host?: string, prefix?: string): Told {
  return {
    ...(proto && /^https?$/i.test(proto) ? { proto: proto.toLowerCase() } : {}),
    ...(host && AUTHORITY.test(host) ? { host } : {}),
    ...(prefix && isPrefix(prefix) ? { prefix } : {}),
  };
}

function isPrefix(text: string): boolean {
  return text.length <= PREFIX_CHARS_MAX && PREFIX.test(text) && !PREFIX_TRAPS.test(text);
}

function withPort(
  host: string | undefined,
  port: string | undefined,
  proto: string | undefined,
): string | undefined {
  if (!host || !port || /:\d+$/.test(host) || !/^\d{1,5}$/.test(port)) return host;
  return port === (proto?.toLowerCase() === "https" ? "443" : "80") ? host : `${host}:${port}`;
}

function valuesOf(list: string | null): string[] {
  return list === null ? [] : list.split(",").map((value) => value.trim());
}

/** The address alone: `192.0.2.1:4711` and `[2001:db8::1]:80` have ports; `unknown` and `_name` are none. */
function addressIn(source: string): string | undefined {
  const bare = /^\[([^\]]*)\](:\d+)?$/.exec(source)?.[1] ?? /^([^:]+):\d+$/.exec(source)?.[1] ?? source;
  return /^[0-9a-f:.]+$/i.test(bare) && /[.:]/.test(bare) ? bare : undefined;
}

/** A client's unclosed quote would swallow what a proxy has appended. */
const BALANCED = /^(?:"(?:[^"\\]|\\.)*"|[^"])*$/;
/** Parts between separators that are not in quotes. */
const ELEMENTS = /(?:"(?:[^"\\]|\\.)*"|[^",])+/g;
const PAIRS = /(?:"(?:[^"\\]|\\.)*"|[^";])+/g;
const PAIR = /^\s*([a-z-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))\s*$/i;

/** One per proxy, nearest first; none if the header can't be parsed. */
function elementsOf(header: string): ReadonlyMap<string, string>[] {
  return BALANCED.test(header) ? (header.match(ELEMENTS) ?? []).reverse().map(parametersOf) : [];
}

/** The parameters of one element by their lower-case names; the first of a name counts. */
function parametersOf(element: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const pair of element.match(PAIRS) ?? []) {
    const [, name = "", quoted, plain = ""] = PAIR.exec(pair) ?? [];
    if (!found.has(name.toLowerCase())) {
      found.set(name.toLowerCase(), quoted === undefined ? plain : quoted.replaceAll(/\\(.)/g, "$1"));
    }
  }
  return found;
}
