import { remember } from "../../../lib/remember.ts";

/** Media types of this service, in its order of preference if a client has none. */
export const HAL = "application/hal+json";
export const JSON_TYPE = "application/json";
export const HAL_FORMS = "application/prs.hal-forms+json";
export const NDJSON = "application/x-ndjson";
export const HTML = "text/html";
export const PROBLEM = "application/problem+json";
export const EVENT_STREAM = "text/event-stream";
export const MERGE_PATCH = "application/merge-patch+json";
export const ACTUATOR = "application/vnd.spring-boot.actuator.v3+json";
export const ACTUATOR_V2 = "application/vnd.spring-boot.actuator.v2+json";

const ACCEPTS_REMEMBERED_MAX = 500;

interface Range {
  readonly type: string;
  readonly subtype: string;
  readonly q: number;
}

/** The representations one kind of resource has, best first; chooses among them (RFC 9110, 12.5.1). */
export class Offers {
  private readonly remembered = new Map<string, string | undefined>();

  constructor(readonly types: readonly [string, ...string[]]) {}

  /** @returns undefined if the client accepts none of them (406) */
  choose(accept: string | null): string | undefined {
    if (accept === null || accept === "*/*") return this.types[0];
    const known = this.remembered.get(accept);
    if (known !== undefined || this.remembered.has(accept)) return known;
    const chosen = this.weigh(accept);
    remember(this.remembered, accept, chosen, ACCEPTS_REMEMBERED_MAX);
    return chosen;
  }

  private weigh(accept: string): string | undefined {
    const ranges = parseAccept(accept);
    if (ranges.length === 0 && accept.trim() === "") return this.types[0];
    let best: string | undefined;
    let bestQ = 0;
    for (const type of this.types) {
      const q = quality(type, ranges);
      if (q > bestQ) [best, bestQ] = [type, q];
    }
    return best;
  }
}

/** The q-value of the most specific range that covers `mediaType`; 0 if none does. */
function quality(mediaType: string, ranges: readonly Range[]): number {
  const [type, subtype] = mediaType.split("/");
  let specificity = -1;
  let q = 0;
  for (const range of ranges) {
    const covers =
      (range.type === "*" || range.type === type) && (range.subtype === "*" || range.subtype === subtype);
    const specific = range.type === "*" ? 0 : range.subtype === "*" ? 1 : 2;
    if (covers && specific > specificity) [specificity, q] = [specific, range.q];
  }
  return q;
}

/** Parameters other than q are ignored: none of our types has variants with parameters. */
function parseAccept(accept: string): Range[] {
  const ranges: Range[] = [];
  for (const part of withoutQuoted(accept).split(",")) {
    const [name = "", ...parameters] = part.split(";");
    const match = /^\s*([!#$&\-^_.+\w*]+)\/([!#$&\-^_.+\w*]+)\s*$/.exec(name);
    const q = qValue(parameters);
    if (!match || q === undefined) continue;
    ranges.push({ type: (match[1] ?? "").toLowerCase(), subtype: (match[2] ?? "").toLowerCase(), q });
  }
  return ranges;
}

/** Empties quoted parameters, whose commas and semicolons don't separate anything. */
function withoutQuoted(header: string): string {
  return header.replaceAll(/"[^"]*"/g, '""');
}

/** 1 if there is none; undefined if it is malformed. */
function qValue(parameters: readonly string[]): number | undefined {
  const weight = parameters
    .map((text) => /^\s*q\s*=\s*(.*?)\s*$/i.exec(text)?.[1])
    .find((q) => q !== undefined);
  if (weight === undefined) return 1;
  return /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(weight) ? Number(weight) : undefined;
}

/** The q-value that a header like Accept-Encoding gives `token`; undefined if it does not list it. */
export function tokenQuality(header: string, token: string): number | undefined {
  for (const part of header.split(",")) {
    const [name = "", ...parameters] = part.split(";");
    if (name.trim().toLowerCase() === token) return qValue(parameters) ?? 0;
  }
  return undefined;
}

interface ContentType {
  readonly essence: string;
  readonly charset?: string;
}

/** A Content-Type's essence in lower case and its charset; undefined if it is malformed. */
export function contentType(header: string): ContentType | undefined {
  if (header !== lastHeader) {
    lastContentType = parseContentType(header);
    lastHeader = header;
  }
  return lastContentType;
}

// Clients often send the same value again.
let lastHeader = "";
let lastContentType: ContentType | undefined;

function parseContentType(header: string): ContentType | undefined {
  const match = /^\s*([!#$&\-^_.+\w]+\/[!#$&\-^_.+\w]+)\s*(;.*)?$/.exec(header);
  if (!match?.[1]) return undefined;
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)"?/i.exec(match[2] ?? "")?.[1];
  return {
    essence: match[1].toLowerCase(),
    ...(charset === undefined ? {} : { charset: charset.toLowerCase() }),
  };
}
