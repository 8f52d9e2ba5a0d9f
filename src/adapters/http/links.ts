import { INBOX_ID } from "../../domain/checklist.ts";

/** Raised when a release changes the bytes of a representation, so that older ETags stop matching. */
const REPRESENTATION_RELEASE = 1;
const BASES_REMEMBERED_MAX = 1_000;

/** Where links point: scheme, authority and path prefix, and what tells ETags under it apart. */
export class LinkBase {
  private readonly variants = new Map<string, string>();

  /** @param url without a trailing slash */
  constructor(
    readonly url: string,
    readonly epoch: string,
  ) {}

  /** A short name for one media type under this base in this release, for ETags. */
  variant(mediaType: string): string {
    let variant = this.variants.get(mediaType);
    if (variant === undefined) {
      const seed = `${REPRESENTATION_RELEASE} ${this.epoch} ${this.url} ${mediaType}`;
      variant = Bun.hash.wyhash(seed).toString(36).slice(-7);
      this.variants.set(mediaType, variant);
    }
    return variant;
  }

  root(): string {
    return `${this.url}/`;
  }

  checklists(): string {
    return `${this.url}/checklists`;
  }

  checklist(id: string): string {
    return `${this.url}/checklists/${encoded(id)}`;
  }

  /** The tasks of a checklist; the inbox's have no parameter. */
  tasks(checklistId: string): string {
    return `${this.url}/tasks${checklistQuery(checklistId)}`;
  }

  task(checklistId: string, id: string): string {
    return `${this.url}/tasks/${encoded(id)}${checklistQuery(checklistId)}`;
  }

  problem(code: string): string {
    return `${this.url}/problems/${code}`;
  }

  at(path: string): string {
    return this.url + path;
  }
}

function checklistQuery(checklistId: string): string {
  return checklistId === INBOX_ID ? "" : `?checklist=${encoded(checklistId)}`;
}

/** Ids of ours hold nothing that a URL would have to escape; only one taken over may. */
function encoded(id: string): string {
  return PLAIN_ID.test(id) ? id : encodeURIComponent(id);
}

const PLAIN_ID = /^[0-9a-f-]+$/;

export interface LinkBaseOptions {
  /** The store's, as it is now: one that is not open yet has none. */
  readonly epoch: () => string;
  /** Fixes every link, whatever a request says. */
  readonly publicUrl?: string | undefined;
  /** Whether this peer's Forwarded and X-Forwarded-* headers are believed; absent where nobody's are. */
  readonly trusts?: ((peer: string) => boolean) | undefined;
  /** Used where a request has no Host (HTTP/1.0). */
  readonly fallback: () => string;
}

/** Finds the base of a request's links: configuration, else a trusted proxy's word, else Host. */
export class LinkBases {
  private readonly remembered = new Map<string, LinkBase>();

  constructor(private readonly options: LinkBaseOptions) {}

  /**
   * @param origin scheme and authority of the request as it came in; empty where it had no Host
   * @param peer address of whoever sent it, asked for only where a proxy may speak
   */
  of(origin: string, headers: Headers, peer: () => string | undefined): LinkBase {
    if (this.options.publicUrl !== undefined) return this.base(this.options.publicUrl);
    return this.base(this.forwarded(origin, headers, peer) ?? (origin || this.options.fallback()));
  }

  private base(url: string): LinkBase {
    const epoch = this.options.epoch();
    let base = this.remembered.get(url);
    if (base?.epoch !== epoch) {
      if (this.remembered.size >= BASES_REMEMBERED_MAX) this.remembered.clear();
      base = new LinkBase(url, epoch);
      this.remembered.set(url, base);
    }
    return base;
  }

  private forwarded(origin: string, headers: Headers, peer: () => string | undefined): string | undefined {
    const { trusts } = this.options;
    const told = trusts && forwardedFacts(headers);
    if (!told) return undefined;
    const address = peer();
    if (address === undefined || !trusts(address)) return undefined;
    const own = /^(https?):\/\/(.*)$/.exec(origin || this.options.fallback());
    return `${told.proto ?? own?.[1]}://${told.host ?? own?.[2]}${told.prefix ?? ""}`;
  }
}

interface ForwardedFacts {
  readonly proto?: string;
  readonly host?: string;
  readonly prefix?: string;
}

/** A host with an optional port, as RFC 3986 writes them; nothing that could break out of a URL. */
export const AUTHORITY =
  /^(\[[0-9a-f:.]+\]|[a-z0-9._~-]+)(:([1-5]?\d{1,4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5]))?$/i;
const PREFIX = /^(\/[a-z0-9._~%-]+)+$/i;

/** RFC 7239 first, else the X-Forwarded-* family; the first value of a list is the client's side. */
function forwardedFacts(headers: Headers): ForwardedFacts | undefined {
  const standard = headers.get("forwarded");
  if (standard !== null) {
    const first = standard.split(",")[0] ?? "";
    return facts(parameter(first, "proto"), parameter(first, "host"), undefined);
  }
  const host = first(headers.get("x-forwarded-host"));
  const proto = first(headers.get("x-forwarded-proto"));
  const port = first(headers.get("x-forwarded-port"));
  const prefix = first(headers.get("x-forwarded-prefix"))?.replace(/\/+$/, "");
  if (!host && !proto && !prefix) return undefined;
  return facts(proto, withPort(host, port, proto), prefix);
}

function facts(proto?: string, host?: string, prefix?: string): ForwardedFacts {
  return {
    ...(proto && /^https?$/i.test(proto) ? { proto: proto.toLowerCase() } : {}),
    ...(host && AUTHORITY.test(host) ? { host } : {}),
    ...(prefix && PREFIX.test(prefix) ? { prefix } : {}),
  };
}

function withPort(
  host: string | undefined,
  port: string | undefined,
  proto: string | undefined,
): string | undefined {
  if (!host || !port || /:\d+$/.test(host) || !/^\d{1,5}$/.test(port)) return host;
  return port === (proto?.toLowerCase() === "https" ? "443" : "80") ? host : `${host}:${port}`;
}

function first(header: string | null): string | undefined {
  return header?.split(",")[0]?.trim() || undefined;
}

function parameter(element: string, name: string): string | undefined {
  const match = new RegExp(`(?:^|;)\\s*${name}\\s*=\\s*(?:"([^"]*)"|([^;\\s]*))`, "i").exec(element);
  return match?.[1] ?? match?.[2];
}
