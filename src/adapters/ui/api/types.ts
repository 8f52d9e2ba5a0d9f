/** A link of HAL. `templated`: an RFC 6570 template of the form `…{?a,b}`, see `expanded`. */
export interface Link {
  readonly href: string;
  readonly templated?: boolean;
  readonly title?: string;
}

export type Links = Readonly<Record<string, Link>>;

/** A member of a HAL-FORMS template. */
export interface Property {
  readonly name: string;
  readonly prompt?: string;
  readonly required?: boolean;
  readonly value?: string;
  readonly type?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly options?: {
    readonly inline?: readonly unknown[];
    readonly selectedValues?: readonly unknown[];
    readonly minItems?: number;
    readonly maxItems?: number;
  };
}

/** How to write to a resource. Where there is none, this caller may not: hide what needs it. */
export interface Template {
  readonly title?: string;
  readonly method: string;
  readonly target: string;
  readonly contentType?: string;
  readonly properties: readonly Property[];
}

export type Templates = Readonly<Record<string, Template>>;

/** A representation as HAL-FORMS gives it. */
export interface Resource {
  readonly _links: Links;
  readonly _templates?: Templates;
  readonly _embedded?: Readonly<Record<string, readonly Resource[]>>;
  readonly [member: string]: unknown;
}

export type Values = Readonly<Record<string, unknown>>;

/** A 2xx or 304 answer. */
export interface Answer {
  readonly status: number;
  /** Absent without a body. */
  readonly body?: Resource;
  readonly etag?: string;
  /** Where what was made, or moved, is: `Location`, else `Content-Location`. */
  readonly location?: string;
  /** Of the header `Link`, by relation. */
  readonly links: Readonly<Record<string, string>>;
}

/** An RFC 9457 problem. */
export interface Problem {
  /** 0: there was no answer. */
  readonly status: number;
  /** Last part of `type`, such as `not-found`; "unreachable" without an answer. */
  readonly code: string;
  readonly title: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
  /** What `Retry-After` says. */
  readonly retryAfterMs?: number;
}

export interface SendOptions {
  /** UUID: a POST sent again with it is done once. */
  readonly idempotencyKey?: string;
  readonly ifMatch?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface GetOptions {
  /** Default: HAL-FORMS. */
  readonly accept?: string;
  /** The answer is a 304 without a body if the resource still has this ETag. */
  readonly ifNoneMatch?: string;
  readonly signal?: AbortSignal;
}

/** The API, of which the page knows no URL but `/`. Everything rejects with `ApiError`. */
export interface Api {
  /** `/`, asked again. */
  root(): Promise<Resource>;
  get(link: Link | string, options?: GetOptions): Promise<Answer>;
  /** Values become the JSON body, or the query of a GET template. */
  send(template: Template, values?: Values, options?: SendOptions): Promise<Answer>;
  /** Where only a link says what can be done, such as `restore`. */
  post(link: Link | string, values?: Values, options?: SendOptions): Promise<Answer>;
  delete(link: Link | string, options?: SendOptions): Promise<Answer>;
  /** All rows of a collection by NDJSON, as they come. */
  rows(link: Link | string, options?: GetOptions): AsyncIterable<Resource>;
}
