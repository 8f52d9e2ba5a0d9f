import { type ChannelMessage, encodeMessage, MESSAGE } from "./messages.ts";
import { acknowledgedSequence, acknowledgement } from "./payloads.ts";
import { RoundTrip } from "./round-trip.ts";

export interface DeliveryParts {
  /** Sends bytes over the connection; lost ones are sent again. */
  transmit(bytes: Buffer): void;
  /** Receives each payload once, in the order in which it was sent. */
  deliver(payloadType: number, payload: Buffer): void;
  /** There is room again for more to send. */
  onRoom(): void;
  /** Messages a second at most; absent: as many as AWS's own plugin sends. */
  readonly messagesPerSecondMax?: number;
}

interface Sent {
  readonly bytes: Buffer;
  /** Since when an acknowledgement could have come. */
  waitingSince: number;
  sentAt: number;
  times: number;
}

/** Bytes of data in one message. Source: the plugin's config, StreamDataPayloadSize. */
export const PAYLOAD_BYTES_MAX = 1_024;
/** The plugin pauses for a millisecond after each message; what the service takes beyond that is not documented. */
const MESSAGES_PER_SECOND_MAX = 1_000;
/** Messages that may be sent at once after a silence. */
const BURST_MAX = 64;
/** Messages that may be on their way without an acknowledgement. */
const UNACKNOWLEDGED_MAX = 1_000;
/** Messages that came too early and wait for the ones before them. */
const EARLY_MAX = 10_000;
/** With this many waiting to be sent, no more should be added until there are fewer than the second number. */
const QUEUE_FULL = 256;
const QUEUE_ROOM = 64;
const RESEND_EVERY_MS = 50;
const RESENT_AT_ONCE_MAX = 32;
const PACE_MS = 5;
const SECOND_MS = 1_000;

/**
 * Delivers payloads in both directions, each once and in order, over connections that lose, repeat and reorder
 * messages, and end. Everything that was sent is kept until it was acknowledged.
 */
export class Delivery implements Disposable {
  private readonly queue: { readonly payloadType: number; readonly payload: Buffer }[] = [];
  private readonly unacknowledged = new Map<number, Sent>();
  private readonly early = new Map<number, ChannelMessage>();
  private readonly roundTrip = new RoundTrip();
  private readonly rate: number;
  private nextSequence = 0;
  private expected = 0;
  private paused = false;
  private wasFull = false;
  private budget = BURST_MAX;
  private budgetAt = performance.now();
  private pace: ReturnType<typeof setTimeout> | undefined;
  private readonly resending = setInterval(() => this.resendOverdue(), RESEND_EVERY_MS);

  constructor(private readonly parts: DeliveryParts) {
    this.rate = parts.messagesPerSecondMax ?? MESSAGES_PER_SECOND_MAX;
  }

  get isFull(): boolean {
    return this.queue.length >= QUEUE_FULL;
  }

  /** How long the oldest message has waited for its acknowledgement, ms; 0 if none waits, or none can. */
  get silenceMs(): number {
    const [oldest] = this.unacknowledged.values();
    return oldest === undefined || this.paused ? 0 : performance.now() - oldest.waitingSince;
  }

  /** @param payload at most PAYLOAD_BYTES_MAX bytes */
  send(payloadType: number, payload: Buffer): void {
    this.queue.push({ payloadType, payload });
    this.wasFull ||= this.isFull;
    this.pump();
  }

  /** Takes a message of the other side's stream, or its acknowledgement of one of ours. @throws MessageError */
  receive(message: ChannelMessage): void {
    // An agent that sends can also receive, whatever it said before.
    if (this.paused) this.pause(false);
    if (message.type === MESSAGE.acknowledge) this.acknowledged(acknowledgedSequence(message));
    else this.accept(message);
  }

  /** The service says whether the other side can hear. */
  pause(isPaused: boolean): void {
    this.paused = isPaused;
    if (isPaused) return;
    this.waitAnew();
    this.pump();
  }

  /** On a new connection: what was on its way in the one before may be lost. */
  resendAll(): void {
    this.paused = false;
    this.waitAnew();
    for (const sent of this.unacknowledged.values()) this.resend(sent);
    this.pump();
  }

  [Symbol.dispose](): void {
    clearInterval(this.resending);
    clearTimeout(this.pace);
  }

  private accept(message: ChannelMessage): void {
    if (message.sequence > this.expected && this.early.size >= EARLY_MAX) return;
    this.parts.transmit(acknowledgement(message, Date.now()));
    if (message.sequence < this.expected) return;
    this.early.set(message.sequence, message);
    this.deliverInOrder();
  }

  private deliverInOrder(): void {
    for (let next = this.early.get(this.expected); next; next = this.early.get(this.expected)) {
      this.early.delete(this.expected);
      this.expected++;
      this.parts.deliver(next.payloadType, next.payload);
    }
  }

  private acknowledged(sequence: number): void {
    const sent = this.unacknowledged.get(sequence);
    if (sent === undefined) return;
    if (sent.times === 1) this.roundTrip.sample(performance.now() - sent.sentAt);
    this.unacknowledged.delete(sequence);
    this.pump();
  }

  private waitAnew(): void {
    for (const sent of this.unacknowledged.values()) sent.waitingSince = performance.now();
  }

  private pump(): void {
    while (!this.paused && this.unacknowledged.size < UNACKNOWLEDGED_MAX && this.queue.length > 0) {
      if (!this.mayGo()) return;
      const next = this.queue.shift();
      if (next !== undefined) this.transmitNew(next.payloadType, next.payload);
    }
    if (!this.wasFull || this.queue.length > QUEUE_ROOM) return;
    this.wasFull = false;
    this.parts.onRoom();
  }

  private transmitNew(payloadType: number, payload: Buffer): void {
    const sequence = this.nextSequence++;
    const now = performance.now();
    const message = { type: MESSAGE.input, sequence, flags: 0, payloadType, payload };
    const bytes = encodeMessage(message, Date.now());
    this.unacknowledged.set(sequence, { bytes, waitingSince: now, sentAt: now, times: 1 });
    this.parts.transmit(bytes);
  }

  /** Takes one message from the rate's allowance; if none is left, continues when there is. */
  private mayGo(): boolean {
    const now = performance.now();
    this.budget = Math.min(BURST_MAX, this.budget + ((now - this.budgetAt) * this.rate) / SECOND_MS);
    this.budgetAt = now;
    if (this.budget >= 1) {
      this.budget--;
      return true;
    }
    this.pace ??= setTimeout(() => {
      this.pace = undefined;
      this.pump();
    }, PACE_MS);
    return false;
  }

  private resendOverdue(): void {
    if (this.paused) return;
    const before = performance.now() - this.roundTrip.timeoutMs;
    let left = RESENT_AT_ONCE_MAX;
    for (const sent of this.unacknowledged.values()) {
      if (left === 0) return;
      if (sent.sentAt > before) continue;
      left--;
      this.resend(sent);
    }
  }

  private resend(sent: Sent): void {
    sent.sentAt = performance.now();
    sent.times++;
    this.parts.transmit(sent.bytes);
  }
}
