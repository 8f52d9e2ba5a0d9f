import { ApiError, refusal, unreachable } from "./api-error.ts";
import { headerLinks, hrefOf } from "./links.ts";
import { linesOf } from "./streams.ts";
import type { Answer, Api, GetOptions, Link, Resource, SendOptions, Template, Values } from "./types.ts";

export const HAL_FORMS = "application/prs.hal-forms+json";
const NDJSON = "application/x-ndjson";
const REQUEST_TIMEOUT_MS = 30_000;

/** `fetch`, or what a test has in its place. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

interface Request {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly signal?: AbortSignal | undefined;
}

/** @param start URL of the page, the only one it knows */
export class HttpApi implements Api {
  private readonly origin: string;

  constructor(
    private readonly start: string,
    private readonly fetch: Fetch,
  ) {
    this.origin = new URL(start).origin;
  }

  async root(): Promise<Resource> {
    return (await this.get(this.start)).body ?? { _links: {} };
  }

  get(link: Link | string, { accept = HAL_FORMS, signal, ifNoneMatch }: GetOptions = {}): Promise<Answer> {
    const headers = { accept, ...(ifNoneMatch === undefined ? {} : { "if-none-match": ifNoneMatch }) };
    return this.answer(hrefOf(link), { method: "GET", headers, signal });
  }

  send(template: Template, values: Values = {}, options: SendOptions = {}): Promise<Answer> {
    const { method, target, contentType } = template;
    if (method === "GET") return this.get(withQuery(target, values), options);
    return this.write(method, target, contentType === undefined ? undefined : values, options);
  }

  post(link: Link | string, values?: Values, options: SendOptions = {}): Promise<Answer> {
    return this.write("POST", hrefOf(link), values, options);
  }

  delete(link: Link | string, options: SendOptions = {}): Promise<Answer> {
    return this.write("DELETE", hrefOf(link), undefined, options);
  }

  async *rows(link: Link | string, { signal }: GetOptions = {}): AsyncIterable<Resource> {
    const response = await this.open(hrefOf(link), { accept: NDJSON }, signal);
    for await (const line of linesOf(response)) if (line !== "") yield JSON.parse(line) as Resource;
  }

  /** An answer whose body is read as it comes, for as long as it likes. */
  async open(url: string, headers: Record<string, string>, signal?: AbortSignal): Promise<Response> {
    const response = await this.exchange(url, { method: "GET", headers, signal });
    if (!response.ok) throw await refusal(response);
    return response;
  }

  private write(
    method: string,
    url: string,
    values: Values | undefined,
    options: SendOptions,
  ): Promise<Answer> {
    const { idempotencyKey, ifMatch, headers, signal } = options;
    return this.answer(url, {
      method,
      headers: {
        accept: HAL_FORMS,
        ...(values === undefined ? {} : { "content-type": "application/json" }),
        ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
        ...(ifMatch === undefined ? {} : { "if-match": ifMatch }),
        ...headers,
      },
      ...(values === undefined ? {} : { body: JSON.stringify(values) }),
      signal,
    });
  }

  private async answer(url: string, request: Request): Promise<Answer> {
    const limit = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    const signal = request.signal ? AbortSignal.any([request.signal, limit]) : limit;
    const response = await this.exchange(url, { ...request, signal });
    if (!response.ok && response.status !== 304) throw await refusal(response);
    const text = await response.text().catch((error: unknown) => Promise.reject(unreachable(error)));
    const { headers, status } = response;
    // A proxy that codes the body in its own way weakens it; which version that is stays the same.
    const etag = headers.get("etag")?.replace(/^W\//, "");
    const location = headers.get("location") ?? headers.get("content-location");
    return {
      status,
      ...(text !== "" && headers.get("content-type")?.includes("json") ? { body: JSON.parse(text) } : {}),
      ...(etag === undefined ? {} : { etag }),
      ...(location === null ? {} : { location }),
      links: headerLinks(headers.get("link")),
    };
  }

  private async exchange(url: string, { method, headers, body, signal }: Request): Promise<Response> {
    const absolute = new URL(url, this.start);
    if (absolute.origin !== this.origin) {
      throw new ApiError({ status: 0, code: "elsewhere", title: `This is at ${absolute.origin}` });
    }
    try {
      const init = {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
        ...(signal ? { signal } : {}),
      };
      return await this.fetch(absolute.href, init);
    } catch (error) {
      throw unreachable(error);
    }
  }
}

function withQuery(target: string, values: Values): string {
  const url = new URL(target);
  for (const [name, value] of Object.entries(values)) url.searchParams.set(name, String(value));
  return url.href;
}
