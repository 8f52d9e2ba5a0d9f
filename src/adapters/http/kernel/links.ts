import { INBOX_ID } from "../../../domain/checklist.ts";
import { remember } from "../../../lib/remember.ts";
import type { Told } from "./forwarded.ts";

/** Raised when a release changes the bytes of a representation, so that older ETags stop matching. */
const REPRESENTATION_RELEASE = 1;
const BASES_REMEMBERED_MAX = 1_000;

/** The base of links: scheme, authority and path prefix, and what distinguishes ETags under it. */
export class LinkBase {
  private readonly variants = new Map<string, string>();

  /** @param url without a trailing slash */
  constructor(
    readonly url: string,
    readonly epoch: string,
    /** Whether each caller has an inbox of its own, so that links must name the checklist. */
    private readonly namesInbox = false,
  ) {}

  /** A short name for one media type under this base in this release, for ETags. */
  variant(mediaType: string): string {
    let variant = this.variants.get(mediaType);
    if (variant === undefined) {
      const seed = `${REPRESENTATION_RELEASE} ${this.epoch} ${this.url} ${mediaType}${this.namesInbox ? " accounts" : ""}`;
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

  /** The tasks of a checklist; where there is one inbox for everyone, it needs no parameter. */
  tasks(checklistId: string): string {
    return `${this.url}/tasks${this.query(checklistId)}`;
  }

  task(checklistId: string, id: string): string {
    return `${this.url}/tasks/${encoded(id)}${this.query(checklistId)}`;
  }

  /** Deleted checklists, or deleted tasks of one checklist. */
  trash(checklistId?: string): string {
    return `${this.url}/trash${checklistId === undefined ? "" : `?checklist=${encoded(checklistId)}`}`;
  }

  /** @param act a step below it */
  trashedChecklist(id: string, act = ""): string {
    return `${this.url}/trash/checklists/${encoded(id)}${act}`;
  }

  /** @param act a step below it */
  trashedTask(checklistId: string, id: string, act = ""): string {
    return `${this.url}/trash/tasks/${encoded(id)}${act}${this.query(checklistId)}`;
  }

  problem(code: string): string {
    return `${this.url}/problems/${code}`;
  }

  at(path: string): string {
    return this.url + path;
  }

  private query(checklistId: string): string {
    return checklistId === INBOX_ID && !this.namesInbox ? "" : `?checklist=${encoded(checklistId)}`;
  }
}

/** The page, showing one of its own screens. What follows # is sent to no server. */
export function pageAt(base: LinkBase, screen: string, values: Readonly<Record<string, string>>): string {
  return `${base.root()}#/${screen}?${new URLSearchParams(values)}`;
}

/** Our ids contain nothing that a URL must escape; only ids taken over from elsewhere may. */
function encoded(id: string): string {
  return PLAIN_ID.test(id) ? id : encodeURIComponent(id);
}

const PLAIN_ID = /^[0-9a-f-]+$/;

export interface LinkBaseOptions {
  /** The store's current epoch: a store that is not open yet has none. */
  readonly epoch: () => string;
  /** The base of every link, whatever a request says. */
  readonly publicUrl?: string | undefined;
  /** See `LinkBase`. */
  readonly namesInbox?: boolean;
  /** Used if a request has no Host (HTTP/1.0). */
  readonly fallback: () => string;
}

/** Finds the base of a request's links: the configuration, else a trusted proxy's headers, else Host. */
export class LinkBases {
  private readonly remembered = new Map<string, LinkBase>();

  constructor(private readonly options: LinkBaseOptions) {}

  /**
   * @param origin scheme and authority of the request as received; empty if it had no Host
   * @param told what a trusted proxy reports instead, called only if it counts
   */
  of(origin: string, told: () => Told | undefined): LinkBase {
    if (this.options.publicUrl !== undefined) return this.base(this.options.publicUrl);
    const own = origin || this.options.fallback();
    return this.base(forwarded(own, told()) ?? own);
  }

  /** The base that depends on no request. */
  own(): LinkBase {
    return this.base(this.options.publicUrl ?? this.options.fallback());
  }

  private base(url: string): LinkBase {
    const epoch = this.options.epoch();
    let base = this.remembered.get(url);
    if (base?.epoch !== epoch) {
      base = new LinkBase(url, epoch, this.options.namesInbox);
      remember(this.remembered, url, base, BASES_REMEMBERED_MAX);
    }
    return base;
  }
}

function forwarded(own: string, told: Told | undefined): string | undefined {
  if (!told) return undefined;
  const [, proto, host] = /^(https?):\/\/(.*)$/.exec(own) ?? [];
  return `${told.proto ?? proto}://${told.host ?? host}${told.prefix ?? ""}`;
}
