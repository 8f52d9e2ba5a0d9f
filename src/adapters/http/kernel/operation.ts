import type { Caller, CallerRight, ListRight } from "../../../domain/access.ts";
import type { Offers } from "./media.ts";
import type { Query } from "./query.ts";

export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
export type Method = (typeof METHODS)[number];

/** Which limits a request counts against. */
export type RateClass =
  /** None: it is answered even when the service is overloaded. */
  | "vital"
  | "read"
  | "write"
  /** Stays open as long as the client wants. */
  | "stream";

/** What tells which checklist a request is about. */
export interface Asked {
  readonly caller: Caller;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
}

/**
 * The checklist that a request is about. Absent: every one of the caller's, or one that the body names.
 * @throws TodosError not-found for what can't be an id
 */
export type ListOf = (asked: Asked) => string | undefined;

/** Which right an operation takes. It may depend on whom the request is about. */
export type Permission =
  | { readonly right: CallerRight }
  | { readonly right: ListRight | ((asked: Asked) => ListRight); readonly list: ListOf };

/** What an operation declares; the gates rely on it. */
export type Declaration = Permission & Declared;

interface Declared {
  readonly rate: RateClass;
  /** It only reads a row, so that it may be done twice. */
  readonly isRepeatable?: true;
  /** Representations it can answer with; absent if an answer has none (204). */
  readonly offers?: Offers;
  /** The one of them that is the same for everyone: who asks for it is not looked up. */
  readonly openAs?: string;
  /** Query parameters it knows; others are 422. Absent if it ignores the query. */
  readonly query?: readonly string[];
}

/** Common values of operations that read or change tasks. */
export const READS = { right: "read", rate: "read" } as const;
export const READS_ROW = { ...READS, isRepeatable: true } as const;
export const WRITES = { right: "write", rate: "write" } as const;
/** Of documentation and problem pages. */
export const SHOWS = { right: "open", rate: "read" } as const;

/** A path and its operations. */
export interface Resource<O extends Declaration = Declaration> {
  /** With parameters in braces, as OpenAPI and metrics write it: `/tasks/{id}`. */
  readonly path: string;
  readonly methods: Readonly<Partial<Record<Method, O>>>;
  /** Media types that PATCH takes, for Accept-Patch. */
  readonly acceptPatch?: readonly string[];
}

/** The operation that a request asks for. HEAD is answered like GET. */
export function operationOf<O extends Declaration>({ methods }: Resource<O>, method: string): O | undefined {
  if (method === "HEAD") return methods.GET;
  return METHODS.includes(method as Method) ? methods[method as Method] : undefined;
}

/** The Allow header's value; empty for a resource without operations, which stands for "nothing here". */
export function allowedMethods({ methods }: Resource): string {
  const names = METHODS.filter((method) => methods[method]).flatMap((method) =>
    method === "GET" ? ["GET", "HEAD"] : [method],
  );
  return names.length === 0 ? "" : [...names, "OPTIONS"].join(", ");
}
