/** One server-sent event, or a comment. */
export interface ServerEvent {
  readonly event?: string;
  readonly data?: string;
  readonly id?: string;
  readonly retry?: string;
  readonly comment?: string;
}

/** What an event's data says. */
interface Told {
  readonly type: string;
  readonly href: string;
  readonly version?: number;
}

interface ByteReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

/** An open event stream, read block by block. */
export class EventReader implements AsyncDisposable {
  private rest = "";
  private readonly reader: ByteReader;
  private readonly decoder = new TextDecoder();

  constructor(
    readonly response: Response,
    private readonly cut: AbortController,
  ) {
    if (!response.body) throw new Error("the answer has no body");
    this.reader = response.body.getReader();
  }

  static async open(url: string, headers: Readonly<Record<string, string>> = {}): Promise<EventReader> {
    const cut = new AbortController();
    const response = await fetch(`${url}/events`, {
      headers: { "accept-encoding": "identity", ...headers },
      signal: cut.signal,
    });
    return new EventReader(response, cut);
  }

  /** The next block, or undefined if the stream has ended. */
  async next(): Promise<ServerEvent | undefined> {
    for (;;) {
      const end = this.rest.indexOf("\n\n");
      if (end >= 0) {
        const block = this.rest.slice(0, end);
        this.rest = this.rest.slice(end + 2);
        return parsed(block);
      }
      const { done, value } = await this.reader.read();
      if (done) return undefined;
      this.rest += this.decoder.decode(value, { stream: true });
    }
  }

  /** The next block that is an event with data. @throws if the stream ends before */
  async nextEvent(): Promise<
    ServerEvent & { readonly event: string; readonly data: string; readonly id: string }
  > {
    for (;;) {
      const block = await this.next();
      if (!block) throw new Error("the event stream ended");
      const { event, data, id } = block;
      if (event !== undefined && data !== undefined && id !== undefined) return { ...block, event, data, id };
    }
  }

  /**
   * Reads on until all these have been told. Repetitions and others between them are passed over: events are told at
   * least once. What is told of one address comes first in the order given; between two addresses, a cluster promises
   * no order.
   */
  async expectTold(wanted: readonly Told[]): Promise<void> {
    const missing = Map.groupBy(
      wanted.map((event) => ({ href: event.href, data: JSON.stringify(event) })),
      ({ href }) => href,
    );
    const later = (data: string) =>
      [...missing.values()].some((events) => events.slice(1).some((event) => event.data === data));
    while (missing.size > 0) {
      const { data } = await this.nextEvent();
      if (later(data)) throw new Error(`too early: ${data}`);
      for (const [href, [first, ...rest]] of missing) {
        if (first?.data !== data) continue;
        if (rest.length > 0) missing.set(href, rest);
        else missing.delete(href);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut.abort();
    await this.reader.cancel().catch((error: unknown) => {
      // Aborting is how it is meant to end.
      if (!(error instanceof DOMException)) throw error;
    });
  }
}

/** The addresses that are told of, up to the first one that is `href`. */
export async function toldUntil(stream: EventReader, href: string): Promise<readonly string[]> {
  const told: string[] = [];
  while (told.at(-1) !== href) told.push(JSON.parse((await stream.nextEvent()).data).href);
  return told;
}

/** The addresses that are told of until the stream ends. */
export async function toldUntilEnd(stream: EventReader): Promise<readonly string[]> {
  const told: string[] = [];
  for (let block = await stream.next(); block; block = await stream.next())
    if (block.data !== undefined) told.push(JSON.parse(block.data).href);
  return told;
}

/**
 * The first events about this address, that many. Those about others are passed over: a stream on a cluster also tells
 * what was written just before it was opened.
 */
export async function eventsOf(
  stream: EventReader,
  href: string,
  count: number,
): Promise<Required<Pick<ServerEvent, "event" | "data" | "id">>[]> {
  const found = [];
  while (found.length < count) {
    const event = await stream.nextEvent();
    if (JSON.parse(event.data).href === href) found.push(event);
  }
  return found;
}

function parsed(block: string): ServerEvent {
  const fields: Record<string, string> = {};
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    fields[colon === 0 ? "comment" : line.slice(0, colon)] = line.slice(colon + 1).replace(/^ /, "");
  }
  return fields;
}
