import { Unreached } from "./outcomes.ts";

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body if it is a JSON object, else an empty one. */
  readonly json: JsonObject;
  /** Method and address, for failure messages. */
  readonly asked: string;
}

export type JsonObject = Readonly<Record<string, unknown>>;

export interface Ask {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a text is sent as it is. */
  readonly body?: unknown;
}

/** Where the service is, and how to get in. */
export interface Place {
  /** Without a slash at the end. */
  readonly base: string;
  /** False: any certificate will do. */
  readonly verified: boolean;
  /** An API token; undefined where none is wanted. */
  readonly token: string | undefined;
}

const REPLY_TIMEOUT_MS = 10_000;

/** Sends HTTP requests to one service, at the given address. */
export class SmokeClient {
  /** The start of the service's own links; known once the root has answered. */
  private linkBase: string | undefined;

  constructor(
    private readonly place: Place,
    private readonly signal: AbortSignal,
  ) {}

  get base(): string {
    return this.place.base;
  }

  /** From now on, links that start with `root` are requested at the given address. */
  linksBeginWith(root: string): void {
    this.linkBase = root.replace(/\/$/, "");
  }

  async ask(method: string, link: string, { headers, body }: Ask = {}): Promise<Reply> {
    const url = this.located(link);
    const asked = `${method} ${url}`;
    try {
      const response = await fetch(url, {
        method,
        redirect: "manual",
        signal: AbortSignal.any([AbortSignal.timeout(REPLY_TIMEOUT_MS), this.signal]),
        tls: { rejectUnauthorized: this.place.verified },
        headers: {
          ...this.credential(url),
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, text, json: objectIn(text), asked };
    } catch (error) {
      throw new Unreached(asked, error);
    }
  }

  /** The token is for this service alone, wherever a link leads. */
  private credential(url: string): Record<string, string> {
    const { token } = this.place;
    const isOurs = url === this.base || url.startsWith(`${this.base}/`) || url.startsWith(`${this.base}?`);
    return isOurs && token !== undefined ? { Authorization: `Bearer ${token}` } : {};
  }

  /**
   * An instance behind a proxy links to the proxy's address. To check the instance at the given address,
   * the common start of its links is replaced.
   */
  private located(link: string): string {
    const root = this.linkBase;
    const below = root !== undefined && link.startsWith(root) ? link.slice(root.length) : undefined;
    return below !== undefined && /^(?:$|[/?])/.test(below) ? this.base + below : link;
  }
}

function objectIn(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch (error) {
    // Not JSON: the checks report it if they expect JSON.
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
