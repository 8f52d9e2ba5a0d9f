import type { ChangeEntry } from "../../../application/ports.ts";
import { TodosError } from "../../../domain/errors.ts";
import type { Exchange } from "../kernel/exchange.ts";
import type { LinkBase } from "../kernel/links.ts";
import { EVENT_STREAM, Offers } from "../kernel/media.ts";
import { PeerCounts } from "../kernel/peers.ts";
import { type Reply, reply } from "../kernel/reply.ts";
import type { Route } from "../kernel/route.ts";
import { type Delivery, EventStream } from "./event-stream.ts";

export const EVENT_STREAMS_MAX = 1_000;
/** An office behind one address, each with a tab or two. */
export const EVENT_STREAMS_PER_PEER_MAX = 100;
export const HEARTBEAT_INTERVAL_MS = 15_000;
/** Streams served before other work gets its turn; about 10 µs each. */
const STREAMS_PER_TURN = 50;
const RETRY_AFTER_S = 5;

const OFFERS = new Offers([EVENT_STREAM]);
const encoder = new TextEncoder();

/** All event streams of one process. */
export class EventStreams implements Delivery {
  private readonly open = new Set<EventStream>();
  private readonly openOfPeer = new PeerCounts();
  /** Streams with something to send, in the order of their turns. */
  private readonly waiting = new Set<EventStream>();
  private turnComes = false;
  private readonly heartbeat: ReturnType<typeof setInterval>;
  private entry: ChangeEntry | undefined;
  /** The encoded {@link entry} for streams with this base of links. */
  private readonly encodedEntry = new Map<LinkBase, Uint8Array<ArrayBuffer>>();

  constructor(heartbeatIntervalMs = HEARTBEAT_INTERVAL_MS) {
    this.heartbeat = setInterval(() => {
      for (const stream of this.open) {
        stream.beat();
        void stream.check();
      }
    }, heartbeatIntervalMs);
    this.heartbeat.unref();
  }

  route(): Route {
    return {
      path: "/events",
      methods: {
        GET: { right: "own", rate: "stream", offers: OFFERS, query: [], handle: (x) => this.subscribe(x) },
      },
    };
  }

  /** Ends every stream, telling clients when to reconnect. */
  close(): void {
    clearInterval(this.heartbeat);
    for (const stream of this.open) stream.retire();
  }

  /** One write concerns all streams: sending it to all at once would delay everyone else. */
  due(stream: EventStream): void {
    this.waiting.add(stream);
    if (this.turnComes) return;
    this.turnComes = true;
    setImmediate(() => this.turn());
  }

  /** A feed sends one entry to all listeners before the next one, so it is enough to keep the latest. */
  encoded(entry: ChangeEntry, base: LinkBase): Uint8Array<ArrayBuffer> {
    if (entry !== this.entry) this.encodedEntry.clear();
    this.entry = entry;
    const known = this.encodedEntry.get(base);
    if (known) return known;
    const bytes = encoder.encode(eventText(entry, base));
    this.encodedEntry.set(base, bytes);
    return bytes;
  }

  private turn(): void {
    let left = STREAMS_PER_TURN;
    for (const stream of this.waiting) {
      if (left-- === 0) break;
      this.waiting.delete(stream);
      stream.flush();
    }
    this.turnComes = this.waiting.size > 0;
    if (this.turnComes) setImmediate(() => this.turn());
  }

  private async subscribe(x: Exchange): Promise<Reply> {
    const headers = { "content-type": EVENT_STREAM, "cache-control": "no-store", "x-accel-buffering": "no" };
    if (x.request.method === "HEAD") return reply(200, headers);
    const stream = this.opened(x.client);
    x.services.keepOpen(x.request);
    await stream.start(x, x.headers.get("last-event-id") || undefined);
    return reply(200, headers, stream.body);
  }

  /** Whether one more may be opened. @throws TodosError too-many-requests, overloaded */
  limit({ request, client }: Exchange): void {
    if (request.method === "HEAD") return;
    const peer = client;
    if (this.openOfPeer.of(peer) >= EVENT_STREAMS_PER_PEER_MAX) {
      const why = `Your address already has ${EVENT_STREAMS_PER_PEER_MAX} event streams open, the maximum.`;
      throw new TodosError("too-many-requests", why, { retryAfterS: RETRY_AFTER_S });
    }
    if (this.open.size >= EVENT_STREAMS_MAX) {
      throw new TodosError(
        "overloaded",
        `This instance already has ${EVENT_STREAMS_MAX} event streams open, the maximum.`,
        {
          retryAfterS: RETRY_AFTER_S,
        },
      );
    }
  }

  private opened(peer: string): EventStream {
    const stream = new EventStream(this, () => this.closed(stream, peer));
    this.open.add(stream);
    this.openOfPeer.add(peer);
    return stream;
  }

  /** Counts once, however often the stream reports its end. */
  private closed(stream: EventStream, peer: string): void {
    this.waiting.delete(stream);
    if (this.open.delete(stream)) this.openOfPeer.remove(peer);
  }
}

function eventText(entry: ChangeEntry, base: LinkBase): string {
  const { type, checklistId, taskId, version } = entry;
  const href = taskId === undefined ? base.checklist(checklistId) : base.task(checklistId, taskId);
  return `id: ${entry.position}\nevent: ${type}\ndata: ${JSON.stringify({ type, href, version })}\n\n`;
}
