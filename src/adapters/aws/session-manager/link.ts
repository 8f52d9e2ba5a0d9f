import { DeployError } from "../../../application/deploy/errors.ts";

export interface LinkEvents {
  onMessage(bytes: Buffer): void;
  /** Once, when the connection has ended without `close`. */
  onLost(): void;
}

export interface Opening {
  readonly url: string;
  /** That sign the request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly hello: string;
}

const OPEN_TIMEOUT_MS = 15_000;
/** Bun's message for an answer other than 101. */
const NOT_SWITCHED = /101/;
/** A connection that was silent for this long is pinged, and given up after the same time again. */
const PING_EVERY_MS = 30_000;

/** One WebSocket connection to Session Manager. */
export class Link {
  private heard = true;
  private over = false;
  private readonly pinging = setInterval(() => this.ping(), PING_EVERY_MS);

  private constructor(
    private readonly socket: WebSocket,
    private readonly events: LinkEvents,
  ) {
    socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      this.heard = true;
      if (Buffer.isBuffer(data)) events.onMessage(data);
    };
    socket.addEventListener("pong", () => {
      this.heard = true;
    });
    socket.onclose = () => this.lost();
  }

  /** @param hello the first message. @throws DeployError `unreachable`; `denied` where the service refuses */
  static async open({ url, headers, hello }: Opening, events: LinkEvents): Promise<Link> {
    const socket = new WebSocket(url, { perMessageDeflate: false, headers: { ...headers } });
    socket.binaryType = "nodebuffer";
    const opened = Promise.withResolvers<void>();
    const timer = setTimeout(() => opened.reject(unreachable(url, "no answer in time")), OPEN_TIMEOUT_MS);
    socket.onopen = () => opened.resolve();
    socket.onerror = ({ message }: ErrorEvent) => opened.reject(unreachable(url, message));
    socket.onclose = ({ code }: CloseEvent) => opened.reject(unreachable(url, `closed with code ${code}`));
    try {
      await opened.promise;
    } catch (error) {
      socket.terminate();
      throw error;
    } finally {
      clearTimeout(timer);
    }
    const link = new Link(socket, events);
    socket.send(hello);
    return link;
  }

  send(bytes: Buffer): void {
    if (!this.over) this.socket.send(bytes);
  }

  /** Stops reading, which slows down the other side. */
  pause(isPaused: boolean): void {
    if (isPaused) this.socket.pause();
    else this.socket.resume();
    this.heard = true;
  }

  close(): void {
    this.end();
    this.socket.close();
  }

  /** Ends a connection without answers as if it had closed. */
  giveUp(): void {
    this.socket.terminate();
    this.lost();
  }

  private lost(): void {
    if (this.over) return;
    this.end();
    this.events.onLost();
  }

  private end(): void {
    this.over = true;
    clearInterval(this.pinging);
  }

  private ping(): void {
    if (this.socket.isPaused) return;
    if (!this.heard) {
      this.giveUp();
      return;
    }
    this.heard = false;
    this.socket.ping();
  }
}

function unreachable(url: string, why: string): DeployError {
  if (NOT_SWITCHED.test(why)) {
    return new DeployError(
      "denied",
      "Session Manager refused the connection to the session",
      'allow these credentials ssmmessages:OpenDataChannel; docs/deploy.md, "Reaching it", has the policy',
    );
  }
  return new DeployError(
    "unreachable",
    `cannot reach Session Manager at ${new URL(url).host}: ${why}`,
    "check that this machine's network allows WebSocket connections to it on port 443",
  );
}
