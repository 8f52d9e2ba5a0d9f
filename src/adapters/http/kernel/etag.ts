import type { Guard } from "../../../domain/version.ts";

/**
 * A row's ETag: its version and the store's epoch, which If-Match compares, and a variant (media type,
 * link base, release) that only If-None-Match compares. A content coding adds a suffix.
 */
export function rowEtag(version: number, epoch: string, variant: string): string {
  return `"${version}.${epoch}.${variant}"`;
}

/** An ETag for bytes that have no version: pages, documents. */
export function contentEtag(body: string | Uint8Array): string {
  return `"${Bun.hash.wyhash(body).toString(36)}"`;
}

export function codedEtag(etag: string, coding: string): string {
  return `${etag.slice(0, -1)}-${coding}"`;
}

/** Whether If-None-Match names this representation (weak comparison, RFC 9110 13.1.2). */
export function noneMatchHits(header: string, etag: string): boolean {
  return header.trim() === "*" || entityTags(header).some((tag) => tag.opaque === etag);
}

interface EntityTag {
  readonly weak: boolean;
  /** With its quotes. */
  readonly opaque: string;
}

function entityTags(header: string): EntityTag[] {
  return [...header.matchAll(/(W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g)].map((match) => ({
    weak: match[1] !== undefined,
    opaque: match[2] ?? "",
  }));
}

/** A write's condition, and whether it names a version that its client has seen. */
export interface Precondition {
  readonly guard: Guard;
  readonly pinned: boolean;
  /** Whether there was an If-Match at all. */
  readonly conditional: boolean;
}

/** Reads If-Match and If-None-Match of an unsafe request. Tags of another epoch match nothing. */
export function precondition(headers: Headers, epoch: string): Precondition {
  const match = headers.get("if-match");
  const noneMatch = headers.get("if-none-match");
  const any = match?.trim() === "*";
  return {
    guard: {
      ...(match === null || any ? {} : { anyOf: versions(match, epoch, true) }),
      ...(noneMatch === null
        ? {}
        : { noneOf: noneMatch.trim() === "*" ? "*" : versions(noneMatch, epoch, false) }),
    },
    pinned: match !== null && !any,
    conditional: match !== null,
  };
}

function versions(header: string, epoch: string, strong: boolean): number[] {
  const found: number[] = [];
  for (const tag of entityTags(header)) {
    const match = /^"([1-9]\d{0,14})\.([0-9a-z]+)\.[0-9a-z-]+"$/.exec(tag.opaque);
    if (match && match[2] === epoch && !(strong && tag.weak)) found.push(Number(match[1]));
  }
  return found;
}
