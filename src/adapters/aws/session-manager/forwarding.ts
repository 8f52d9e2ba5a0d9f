import type { Socket } from "node:net";
import type { Multiplexer, Stream } from "./multiplexer.ts";

/**
 * An agent closes both directions of a connection when one is closed. A client that has only ended its own
 * direction would lose its answer, so the end is passed on once the answer has paused for the first time, ms, or
 * after the second time without an answer.
 */
const ANSWERED_MS = 1_000;
const UNANSWERED_MS = 60_000;
/** How long a client may take to close its side after the service has closed its own, ms. */
const LINGER_MS = 10_000;

export interface ForwardingEvents {
  /** Called whenever the client has read, or not read, its data. */
  onBacklog(): void;
}

/** Forwards one local connection through its own stream. */
export class Forwarding {
  private readonly stream: Stream;
  private hasSent = false;
  private isAnswered = false;
  private isHalfClosed = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** @param first what has been read of the connection before */
  constructor(
    private readonly socket: Socket,
    multiplexer: Multiplexer,
    first: Buffer,
    private readonly events: ForwardingEvents,
  ) {
    this.stream = multiplexer.open({ onData: (data) => this.answer(data), onEnd: () => this.ended() });
    socket.on("data", (data: Buffer) => this.ask(data));
    socket.on("end", () => this.halfClosed());
    socket.on("drain", () => events.onBacklog());
    // The client has gone: only closing the connection matters.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.closed());
    this.ask(first);
  }

  private ask(data: Buffer): void {
    this.hasSent = true;
    this.isAnswered = false;
    this.stream.send(data);
  }

  private answer(data: Buffer): void {
    this.isAnswered = true;
    if (this.isHalfClosed) this.waitOn();
    if (!this.socket.write(data)) this.events.onBacklog();
  }

  private halfClosed(): void {
    this.isHalfClosed = true;
    if (this.hasSent) this.waitOn();
    else this.finish();
  }

  /** Until nothing more is expected. */
  private waitOn(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.finish(), this.isAnswered ? ANSWERED_MS : UNANSWERED_MS);
  }

  private finish(): void {
    this.stream.end();
    this.socket.end();
  }

  /** The service has closed its side: what it sent is delivered, and what still arrives is dropped. */
  private ended(): void {
    clearTimeout(this.timer);
    this.finish();
    this.timer = setTimeout(() => this.socket.destroy(), LINGER_MS);
  }

  private closed(): void {
    clearTimeout(this.timer);
    this.stream.end();
    this.events.onBacklog();
  }
}
