/** The returned JSON, with the members that tests read by name. */
export interface Json {
  readonly id: string;
  readonly name: string;
  readonly todo: string;
  readonly completed: boolean;
  readonly status: string | number;
  readonly type: string;
  readonly title: string;
  readonly detail: string;
  readonly instance: string;
  readonly updatedAt: string;
  readonly errors: readonly { readonly pointer: string; readonly detail: string }[];
  readonly _links: Readonly<Record<string, { readonly href: string; readonly templated?: boolean }>>;
  readonly _embedded: { readonly checklists: readonly Json[]; readonly tasks: readonly Json[] };
  readonly _templates: Readonly<Record<string, Template>>;
  readonly [member: string]: unknown;
}

export interface Template {
  readonly method: string;
  readonly target: string;
  readonly contentType?: string;
  readonly properties: readonly TemplateProperty[];
}

export interface TemplateProperty {
  readonly name: string;
  readonly required?: boolean;
  readonly type?: string;
  readonly value?: unknown;
  readonly maxLength?: number;
  readonly options?: { readonly inline: readonly unknown[]; readonly selectedValues?: readonly unknown[] };
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  readonly text: string;
  /** @throws SyntaxError if the body is not JSON */
  json(): Json;
  /** The value of a header that must be there. */
  header(name: string): string;
  /** Where a link of the body leads. */
  link(relation: string): string;
}

export interface Ask {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a text, bytes or a stream as they are. */
  readonly body?: unknown;
  readonly tls?: { readonly ca: string };
}

export const MERGE_PATCH = "application/merge-patch+json";
export const HAL = "application/hal+json";
export const HAL_FORMS = "application/prs.hal-forms+json";
export const NDJSON = "application/x-ndjson";
export const PROBLEM = "application/problem+json";

/** Asks one service by path or by link. Bodies are JSON and answers uncompressed, unless the headers say else. */
export class Client {
  constructor(readonly url: string) {}

  async ask(method: string, where: string, { headers, body, tls }: Ask = {}): Promise<Reply> {
    const raw = typeof body === "string" || body instanceof Uint8Array || body instanceof ReadableStream;
    const response = await fetch(where.startsWith("/") ? this.url + where : where, {
      method,
      redirect: "manual",
      decompress: false,
      headers: {
        "accept-encoding": "identity",
        ...(body === undefined
          ? {}
          : { "content-type": method === "PATCH" ? MERGE_PATCH : "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: raw ? (body as Bun.BodyInit) : JSON.stringify(body) }),
      ...(tls ? { tls } : {}),
    });
    return replyOf(response);
  }

  get(where: string, headers: Ask["headers"] = {}): Promise<Reply> {
    return this.ask("GET", where, { headers });
  }

  post(where: string, body: unknown, headers: Ask["headers"] = {}): Promise<Reply> {
    return this.ask("POST", where, { headers, body });
  }

  put(where: string, body: unknown, headers: Ask["headers"] = {}): Promise<Reply> {
    return this.ask("PUT", where, { headers, body });
  }

  patch(where: string, body: unknown, headers: Ask["headers"] = {}): Promise<Reply> {
    return this.ask("PATCH", where, { headers, body });
  }

  delete(where: string, headers: Ask["headers"] = {}): Promise<Reply> {
    return this.ask("DELETE", where, { headers });
  }

  /** A new checklist. */
  async checklist(name = "A list"): Promise<Json> {
    return made(await this.post("/checklists", { name }));
  }

  /** A new task, in the inbox where no list is given. */
  async task(members: Readonly<Record<string, unknown>> = {}, checklist?: Json): Promise<Json> {
    return made(await this.post(checklist?._links.tasks?.href ?? "/tasks", { todo: "A task", ...members }));
  }

  /** All rows of a collection, page by page, as their ids. */
  async allIds(where: string, name: "checklists" | "tasks"): Promise<string[]> {
    const ids: string[] = [];
    for (let next: string | undefined = where; next !== undefined; ) {
      const page: Json = (await this.get(next)).json();
      ids.push(...page._embedded[name].map(({ id }) => id));
      next = page._links.next?.href;
    }
    return ids;
  }
}

function made(reply: Reply): Json {
  if (reply.status !== 201) throw new Error(`not created: ${reply.status} ${reply.text}`);
  return reply.json();
}

async function replyOf(response: Response): Promise<Reply> {
  const bytes = await response.bytes();
  const text = new TextDecoder().decode(bytes);
  const json = (): Json => JSON.parse(text);
  return {
    status: response.status,
    headers: response.headers,
    bytes,
    text,
    json,
    header: (name) => response.headers.get(name) ?? missing(`the header ${name}`),
    link: (relation) => json()._links[relation]?.href ?? missing(`the link ${relation}`),
  };
}

function missing(what: string): never {
  throw new Error(`the answer lacks ${what}`);
}

/** The address of a representation. */
export function self(json: Json): string {
  return json._links.self?.href ?? missing("the link self");
}

/** What a problem says, without the texts. */
export function problem(reply: Reply): { status: number; code: string; pointers: string[] } {
  const { type, errors } = reply.json();
  return {
    status: reply.status,
    code: type.split("/problems/")[1] ?? type,
    pointers: (errors ?? []).map((e) => e.pointer),
  };
}

/** Undefined if the connection broke: the service was killed. */
export async function answered<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}

const UNAVAILABLE_PAUSE_MS = 100;

/** Asks again while the store is unavailable, as clients do. */
export async function patiently(ask: () => Promise<Reply>): Promise<Reply> {
  for (;;) {
    const reply = await ask();
    if (reply.status !== 503) return reply;
    await Bun.sleep(UNAVAILABLE_PAUSE_MS);
  }
}
