import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { DeployError } from "../../../application/deploy/errors.ts";
import { Delivery, type DeliveryParts } from "./delivery.ts";
import { agentFault, connectFault, endedByService, expired, noAnswer } from "./faults.ts";
import { Link } from "./link.ts";
import { type ChannelMessage, decodeMessage, FLAG, MESSAGE, MessageError, PAYLOAD } from "./messages.ts";
import {
  closingWords,
  type HandshakeRequest,
  handshakeRequest,
  handshakeResponse,
  hello,
} from "./payloads.ts";

/** A session's address and token. */
export interface Admission {
  readonly session: string;
  readonly url: string;
  readonly token: string;
}

/** Systems Manager, as far as a session needs it. */
export interface SessionService {
  /** @returns undefined if the session is over */
  resume(session: string): Promise<Admission | undefined>;
  terminate(session: string): Promise<void>;
  /** @returns headers that sign the request that opens a data channel */
  sign(url: string): Promise<Record<string, string>>;
}

export interface SessionEvents extends Pick<DeliveryParts, "onRoom"> {
  /** Bytes from the agent, in order. What it throws ends the session. */
  onData(bytes: Buffer): void;
  onNote(text: string): void;
}

export interface SessionOptions extends Pick<DeliveryParts, "messagesPerSecondMax"> {
  /** How long an acknowledgement may be missing before the connection is reopened, ms. */
  readonly silenceMsMax?: number;
  /** How long the agent may take to start, ms. */
  readonly handshakeTimeoutMs?: number;
}

const HANDSHAKE_TIMEOUT_MS = 20_000;
/** How long to try to resume a lost connection, ms: a laptop that was closed for a while gets its session back. */
const RESUME_FOR_MS = 600_000;
const RESUME_DELAY_MS = 200;
const RESUME_DELAY_MS_MAX = 5_000;
const SILENCE_MS_MAX = 30_000;
/** Temporary failures. */
const PASSING: ReadonlySet<string> = new Set(["unreachable", "throttled"]);

/** A session with an agent: opens it, keeps it alive, and ends it. */
export class ChannelSession {
  /** Resolves after `close`. @throws DeployError if it ended otherwise */
  readonly ended: Promise<void>;
  private readonly ending = Promise.withResolvers<void>();
  private readonly complete = Promise.withResolvers<HandshakeRequest>();
  private readonly clientId = randomUUID();
  private readonly delivery: Delivery;
  private readonly watching: ReturnType<typeof setInterval>;
  private handshake: HandshakeRequest | undefined;
  private isComplete = false;
  private link: Link | undefined;
  private over = false;
  private closing: Promise<void> = Promise.resolve();
  private isReading = true;
  private tries = 0;
  private lostAt: number | undefined;

  private constructor(
    private readonly admission: Admission,
    private readonly service: SessionService,
    private readonly events: SessionEvents,
    { messagesPerSecondMax, silenceMsMax = SILENCE_MS_MAX }: SessionOptions,
  ) {
    this.ended = this.ending.promise;
    // A caller that does not wait for the end need not handle it.
    this.ended.catch(() => undefined);
    this.complete.promise.catch(() => undefined);
    this.delivery = new Delivery({
      transmit: (bytes) => this.link?.send(bytes),
      deliver: (payloadType, payload) => this.deliver(payloadType, payload),
      onRoom: () => events.onRoom(),
      ...(messagesPerSecondMax !== undefined && { messagesPerSecondMax }),
    });
    this.watching = setInterval(() => {
      if (this.isReading && this.delivery.silenceMs > silenceMsMax) this.link?.giveUp();
    }, silenceMsMax / 2);
  }

  /** Opens the channel and does the handshake with the agent. @throws DeployError; the session is ended then */
  static async open(
    admission: Admission,
    service: SessionService,
    events: SessionEvents,
    options: SessionOptions = {},
  ): Promise<ChannelSession> {
    const session = new ChannelSession(admission, service, events, options);
    try {
      await session.connect(admission);
      const timeout = wait(options.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS, undefined, { ref: false });
      const shaken = await Promise.race([session.complete.promise, timeout]);
      if (shaken === undefined) throw noAnswer();
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  get agentVersion(): string {
    return this.handshake?.agentVersion ?? "";
  }

  /** Whether too much waits to be sent, so that nothing should be added before `onRoom`. */
  get isFull(): boolean {
    return this.delivery.isFull;
  }

  send(payload: Buffer): void {
    if (!this.over) this.delivery.send(PAYLOAD.data, payload);
  }

  /** Slows the agent down while its data is not read. */
  read(isReading: boolean): void {
    if (this.isReading === isReading) return;
    this.isReading = isReading;
    this.link?.pause(!isReading);
  }

  /** Tells the agent and the service that it is no longer needed. */
  async close(): Promise<void> {
    if (!this.over) this.closing = this.terminate();
    await this.closing;
    this.ending.resolve();
  }

  private async terminate(): Promise<void> {
    const flag = Buffer.alloc(Uint32Array.BYTES_PER_ELEMENT);
    flag.writeUInt32BE(FLAG.terminateSession);
    this.delivery.send(PAYLOAD.flag, flag);
    this.over = true;
    try {
      await this.service.terminate(this.admission.session);
    } catch (error) {
      if (!(error instanceof DeployError)) throw error;
      this.events.onNote(`${error.message}; the session ends when it has been idle long enough`);
    } finally {
      this.release();
    }
  }

  private async connect({ url, token }: Admission): Promise<void> {
    const headers = await this.service.sign(url);
    const link = await Link.open(
      { url, headers, hello: hello(token, this.clientId) },
      { onMessage: (bytes) => this.received(bytes), onLost: () => void this.resume() },
    );
    if (this.over) return link.close();
    this.link = link;
    if (!this.isReading) link.pause(true);
    this.delivery.resendAll();
  }

  private received(bytes: Buffer): void {
    if (this.over) return;
    let message: ChannelMessage;
    try {
      message = decodeMessage(bytes);
    } catch (error) {
      // A damaged message was not acknowledged, and will be sent again.
      if (error instanceof MessageError) return;
      throw error;
    }
    this.tries = 0;
    this.lostAt = undefined;
    try {
      this.handle(message);
    } catch (error) {
      this.fail(agentFault(error));
    }
  }

  private handle(message: ChannelMessage): void {
    if (message.type === MESSAGE.output || message.type === MESSAGE.acknowledge)
      this.delivery.receive(message);
    else if (message.type === MESSAGE.start || message.type === MESSAGE.pause)
      this.delivery.pause(message.type === MESSAGE.pause);
    else if (message.type === MESSAGE.closed) this.finish(endedByService(closingWords(message)));
  }

  private deliver(payloadType: number, payload: Buffer): void {
    if (payloadType === PAYLOAD.handshakeRequest) this.answerHandshake(handshakeRequest(payload));
    else if (payloadType === PAYLOAD.handshakeComplete) this.completeHandshake();
    else if (payloadType === PAYLOAD.flag) this.noteFlag(payload.readUInt32BE(0));
    else if (payloadType === PAYLOAD.data && this.isComplete) this.events.onData(payload);
    else if (!this.isComplete) this.fail(connectFault({ agentVersion: "", actions: [] }));
  }

  private answerHandshake(request: HandshakeRequest): void {
    this.handshake = request;
    this.delivery.send(PAYLOAD.handshakeResponse, handshakeResponse(request));
    const fault = connectFault(request);
    if (fault !== undefined) this.fail(fault);
  }

  private completeHandshake(): void {
    if (this.handshake === undefined) return;
    this.isComplete = true;
    this.complete.resolve(this.handshake);
  }

  private noteFlag(flag: number): void {
    if (flag === FLAG.connectToPortError)
      this.events.onNote("the task refuses connections on the service's port; todos logs shows its output");
  }

  private async resume(): Promise<void> {
    if (this.over) return;
    this.link = undefined;
    this.lostAt ??= performance.now();
    if (this.tries === 0)
      this.events.onNote("the connection to Session Manager was lost; resuming the session");
    const delayMs = this.tries === 0 ? 0 : Math.min(RESUME_DELAY_MS_MAX, RESUME_DELAY_MS * 2 ** this.tries);
    this.tries++;
    await wait(delayMs, undefined, { ref: false });
    if (this.over) return;
    try {
      const again = await this.service.resume(this.admission.session);
      if (again === undefined) return this.finish(expired());
      await this.connect(again);
    } catch (error) {
      if (this.over) return;
      const isPassing = error instanceof DeployError && PASSING.has(error.code);
      if (!isPassing || performance.now() - this.lostAt > RESUME_FOR_MS) this.fail(error);
      else void this.resume();
    }
  }

  /** Ends what nothing else has ended. */
  private fail(error: unknown): void {
    if (this.over) return;
    this.complete.reject(error);
    this.closing = this.terminate();
    void this.closing.finally(() => this.ending.reject(error));
  }

  /** The service has ended it. */
  private finish(error: DeployError): void {
    if (this.over) return;
    this.over = true;
    this.release();
    this.complete.reject(error);
    this.ending.reject(error);
  }

  private release(): void {
    clearInterval(this.watching);
    this.delivery[Symbol.dispose]();
    this.link?.close();
  }
}
