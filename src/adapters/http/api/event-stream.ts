import type { ChangeEntry, ChangeSubscription } from "../../../application/ports.ts";
import { TodosError } from "../../../domain/errors.ts";
import type { Exchange } from "../kernel/exchange.ts";
import type { LinkBase } from "../kernel/links.ts";
import { Sieve } from "./sieve.ts";

/** How long a client waits before it reconnects, ms. */
const RECONNECT_MS = 2_000;
/** Unread bytes after which a slow client is disconnected; it can resume. */
const BACKLOG_BYTES_MAX = 1_000_000;

/** What a caller is told who is not let in any more. */
const ENDS: ReadonlySet<string> = new Set(["unauthenticated", "forbidden"]);

const encoder = new TextEncoder();
const RETRY = encoder.encode(`retry: ${RECONNECT_MS}\n\n`);

/** Shared by all streams: schedules those with something to send, and encodes what many receive. */
export interface Delivery {
  /** The stream has something to send; it is flushed when its turn comes. */
  due(stream: EventStream): void;
  encoded(entry: ChangeEntry, base: LinkBase): Uint8Array<ArrayBuffer>;
}

/** One client's stream, with a bounded backlog. */
export class EventStream {
  readonly body: ReadableStream<Uint8Array>;
  private controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  private subscription: ChangeSubscription | undefined;
  /** Waits for the stream's turn. */
  private pending: Uint8Array[] = [];
  private pendingBytes = 0;
  private beatDue = false;
  /** With accounts only. */
  private sieve: Sieve | undefined;
  private recheck: (() => Promise<void>) | undefined;

  /** @param closed called when the stream has ended, once or more often */
  constructor(
    private readonly delivery: Delivery,
    private readonly closed: () => void,
  ) {
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.controller = controller;
        },
        cancel: () => this.forget(),
      },
      { highWaterMark: BACKLOG_BYTES_MAX, size: (chunk) => chunk?.byteLength ?? 0 },
    );
  }

  /** @throws TodosError store-unavailable */
  async start(x: Exchange, lastEventId: string | undefined): Promise<void> {
    const { base } = x;
    this.write(RETRY);
    try {
      this.subscription = await x.services.feed.subscribe(
        lastEventId,
        x.services.callers ? this.sifted(x) : (entry) => this.write(this.delivery.encoded(entry, base)),
        () => this.end(),
      );
    } catch (error) {
      this.end();
      throw error;
    }
    const { resumed, position } = this.subscription;
    // A client that disconnected before the answer never signals again.
    if (x.request.signal.aborted) this.end();
    // What it missed may already exceed its backlog.
    else if (!this.controller) this.forget();
    else if (!resumed) this.say(`event: resync\ndata: {"type":"resync"}\nid: ${position}\n\n`);
    else void this.sayPosition();
  }

  /**
   * An id without data moves the client's Last-Event-ID without an event, so that it can resume from here. One that came
   * back learns by it that it has missed nothing more.
   */
  private async sayPosition(): Promise<void> {
    await this.sieve?.passed;
    if (this.knowsPosition) this.say(`id: ${this.subscription?.position}\n\n`);
  }

  /** Only what the caller may know. */
  private sifted(x: Exchange): (entry: ChangeEntry) => void {
    const sieve = new Sieve({
      judge: (entry) => x.watches(entry),
      pass: (entry) => this.write(this.delivery.encoded(entry, x.base)),
      end: (why) => {
        if (why !== undefined) x.services.log.warn("an event stream broke off", { error: why });
        this.end();
      },
    });
    this.sieve = sieve;
    this.recheck = async () => {
      try {
        await x.recheck();
      } catch (error) {
        // A store that can't tell for now is asked again with the next heartbeat.
        if (error instanceof TodosError && !ENDS.has(error.code)) return;
        if (!(error instanceof TodosError)) x.services.log.warn("an event stream broke off", { error });
        this.end();
      }
    };
    return (entry) => sieve.take(entry);
  }

  /** Ends the stream if its caller is not let in any more. */
  async check(): Promise<void> {
    await this.recheck?.();
  }

  /** Sent when the stream's turn comes, if there is nothing else to send by then. */
  beat(): void {
    this.beatDue = true;
    this.delivery.due(this);
  }

  /** Sends everything waiting, in one piece. */
  flush(): void {
    if (this.beatDue && this.pending.length === 0) this.say(this.heartbeat());
    this.beatDue = false;
    const { controller, pending } = this;
    if (!controller || pending.length === 0) return;
    this.pending = [];
    this.pendingBytes = 0;
    const [first] = pending;
    controller.enqueue(pending.length === 1 && first ? first : Buffer.concat(pending));
  }

  /** Ends it properly, telling the client when to reconnect. */
  retire(): void {
    this.write(RETRY);
    this.end();
  }

  /** With the position: if nothing happens for long, a client's would be too old to resume from. */
  private heartbeat(): string {
    return this.knowsPosition ? `: still here\nid: ${this.subscription?.position}\n\n` : ": still here\n\n";
  }

  /** What waits for a decision comes after it. */
  private get knowsPosition(): boolean {
    return this.subscription !== undefined && this.sieve?.isEmpty !== false;
  }

  private say(text: string): void {
    this.write(encoder.encode(text));
  }

  private write(bytes: Uint8Array): void {
    if (!this.controller) return;
    this.pending.push(bytes);
    this.pendingBytes += bytes.byteLength;
    if (this.pendingBytes >= (this.controller.desiredSize ?? 0)) this.cut();
    else this.delivery.due(this);
  }

  /** Breaks the connection: a proper end would keep the backlog until a client that does not read has read it. */
  private cut(): void {
    const { controller } = this;
    this.forget();
    controller?.error(new Error("the client reads more slowly than events happen"));
  }

  private end(): void {
    this.flush();
    this.controller?.close();
    this.forget();
  }

  private forget(): void {
    this.controller = undefined;
    this.pending = [];
    this.subscription?.unsubscribe();
    this.closed();
  }
}
