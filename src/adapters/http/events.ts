import type { ChangeEntry, ChangeSubscription } from "../../application/ports.ts";
import { TodosError } from "../../domain/errors.ts";
import type { Exchange } from "./exchange.ts";
import type { LinkBase } from "./links.ts";
import { EVENT_STREAM, Offers } from "./media.ts";
import { type Reply, reply } from "./reply.ts";
import type { Route } from "./route.ts";

export const EVENT_STREAMS_MAX = 1_000;
export const HEARTBEAT_INTERVAL_MS = 15_000;
/** What a client waits before it connects again, ms. */
const RECONNECT_MS = 2_000;
/** Text a slow client may leave waiting, UTF-16 units, before it is cut off to come back and resume. */
const BACKLOG_CHARS_MAX = 1_000_000;

const OFFERS = new Offers([EVENT_STREAM]);
const encoder = new TextEncoder();

/** All event streams of one process. */
export class EventStreams {
  private readonly open = new Set<EventStream>();
  private readonly heartbeat: ReturnType<typeof setInterval>;

  constructor(heartbeatIntervalMs = HEARTBEAT_INTERVAL_MS) {
    this.heartbeat = setInterval(() => {
      for (const stream of this.open) stream.beat();
    }, heartbeatIntervalMs);
    this.heartbeat.unref();
  }

  route(): Route {
    return {
      path: "/events",
      methods: { GET: { offers: OFFERS, query: [], handle: (x) => this.subscribe(x) } },
    };
  }

  get count(): number {
    return this.open.size;
  }

  /** Ends every stream, telling clients when to come back. */
  close(): void {
    clearInterval(this.heartbeat);
    for (const stream of this.open) {
      stream.write(`retry: ${RECONNECT_MS}\n\n`);
      stream.end();
    }
  }

  private async subscribe(x: Exchange): Promise<Reply> {
    const headers = { "content-type": EVENT_STREAM, "cache-control": "no-store", "x-accel-buffering": "no" };
    if (x.request.method === "HEAD") return reply(200, headers);
    if (this.open.size >= EVENT_STREAMS_MAX) {
      throw new TodosError("overloaded", `This instance has its ${EVENT_STREAMS_MAX} event streams.`, {
        retryAfterS: 5,
      });
    }
    const stream = new EventStream(() => this.open.delete(stream));
    this.open.add(stream);
    x.services.keepOpen(x.request);
    await stream.start(x, x.headers.get("last-event-id") || undefined);
    return reply(200, headers, stream.body);
  }
}

/** One client's stream, with a bounded backlog. */
class EventStream {
  readonly body: ReadableStream<Uint8Array>;
  private controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  private subscription: ChangeSubscription | undefined;

  constructor(private readonly closed: () => void) {
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.controller = controller;
        },
        cancel: () => this.forget(),
      },
      { highWaterMark: BACKLOG_CHARS_MAX, size: (chunk) => chunk?.byteLength ?? 0 },
    );
  }

  /** @throws TodosError store-unavailable */
  async start(x: Exchange, lastEventId: string | undefined): Promise<void> {
    const { base } = x;
    this.write(`retry: ${RECONNECT_MS}\n\n`);
    try {
      this.subscription = await x.services.feed.subscribe(
        lastEventId,
        (entry) => this.write(eventText(entry, base)),
        () => this.end(),
      );
    } catch (error) {
      this.end();
      throw error;
    }
    const { resumed, position } = this.subscription;
    // Of a client that left before there was an answer nobody hears again.
    if (x.request.signal.aborted) this.end();
    // What it missed may already have been more than its backlog holds.
    else if (!this.controller) this.forget();
    else if (!resumed) this.write(`event: resync\ndata: {"type":"resync"}\nid: ${position}\n\n`);
    // An id without data moves the client's Last-Event-ID without an event, so that it can resume from here.
    else if (lastEventId === undefined) this.write(`id: ${position}\n\n`);
  }

  /** With the position: where nothing happens for long, a client's would be too old to resume from. */
  beat(): void {
    this.write(
      this.subscription ? `: still here\nid: ${this.subscription.position}\n\n` : ": still here\n\n",
    );
  }

  write(text: string): void {
    if (!this.controller) return;
    this.controller.enqueue(encoder.encode(text));
    if ((this.controller.desiredSize ?? 0) <= 0) this.cut();
  }

  /** Breaks the connection: an orderly end would keep the backlog until a client that does not read has read it. */
  private cut(): void {
    const { controller } = this;
    this.forget();
    controller?.error(new Error("the client reads more slowly than things happen"));
  }

  end(): void {
    this.controller?.close();
    this.forget();
  }

  private forget(): void {
    this.controller = undefined;
    this.subscription?.unsubscribe();
    this.closed();
  }
}

function eventText(entry: ChangeEntry, base: LinkBase): string {
  const { type, checklistId, taskId, version } = entry;
  const href = taskId === undefined ? base.checklist(checklistId) : base.task(checklistId, taskId);
  return `id: ${entry.position}\nevent: ${type}\ndata: ${JSON.stringify({ type, href, version })}\n\n`;
}
