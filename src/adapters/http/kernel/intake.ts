import { TodosError } from "../../../domain/errors.ts";
import { PeerCounts } from "./peers.ts";

/** Most requests in progress; beyond it only vital resources answer. Far above what one process serves in a second. */
export const REQUESTS_IN_FLIGHT_MAX = 4_096;
/** Longest a body may take to arrive, ms. */
export const BODY_TIMEOUT_MS = 20_000;
/** Most bodies still arriving from one peer: far more than clients need that send a body together with its head. */
export const BODIES_PER_PEER_MAX = 128;
/** Most bodies still arriving from all peers; each may hold 256 KiB. */
export const BODIES_ARRIVING_MAX = 1_024;
/** Counting per peer stops below this number. */
const COUNTED_MIN = BODIES_PER_PEER_MAX / 2;

const OVERLOADED_RETRY_S = 1;
/** By then the peer's slow bodies have timed out. */
const PEER_RETRY_S = 5;

interface Arriving {
  /** Milliseconds, by `performance.now()`. */
  readonly endsAt: number;
  readonly peer: () => string;
  readonly reject: (reason: unknown) => void;
  /** The peer it is counted for, while counting. */
  countedFor?: string | undefined;
}

/**
 * What one port accepts. A request counts once its body has arrived: a slow body costs no work
 * and has its own limit, so that slow senders can't block others.
 */
export class Intake {
  /** Requests begun and not answered yet, whatever they wait for. */
  requests = 0;
  /** Ordered by deadline. */
  private readonly arriving = new Set<Arriving>();
  private readonly ofPeers = new PeerCounts();
  /** Only when there are many: finding an address takes longer than reading a small body. */
  private counting = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  get bodiesArriving(): number {
    return this.arriving.size;
  }

  /** @throws TodosError overloaded */
  admit(): void {
    if (this.isFull()) throw tooManyRequests();
  }

  /**
   * Settles as `body` does, unless it is late or its peer sends too many. All bodies share one timer: setting and
   * clearing one each costs more than reading a small body.
   * @param peer whom it is counted for
   * @param explained turns the body's error into the one to throw
   * @throws TodosError request-timeout, too-many-requests, overloaded
   */
  receive<T>(body: Promise<T>, peer: () => string, explained: (error: unknown) => unknown): Promise<T> {
    return new Promise((resolve, reject) => {
      const each: Arriving = { endsAt: performance.now() + BODY_TIMEOUT_MS, peer, reject };
      this.arriving.add(each);
      this.timer ??= this.wakeAfter(BODY_TIMEOUT_MS);
      if (this.arriving.size > BODIES_PER_PEER_MAX) this.watch(each);
      body.then(
        (value) => {
          this.leave(each);
          if (this.isFull()) reject(tooManyRequests());
          else resolve(value);
        },
        (error) => {
          this.leave(each);
          reject(explained(error));
        },
      );
    });
  }

  private isFull(): boolean {
    return this.requests - this.arriving.size > REQUESTS_IN_FLIGHT_MAX;
  }

  /** As many bodies are arriving as one peer may send. */
  private watch(latest: Arriving): void {
    if (this.counting) this.count(latest);
    else for (const each of this.arriving) this.count(each);
    this.counting = true;
    // A body that came with its head is here by then, and is accepted however many others are arriving.
    setImmediate(() => this.bound(latest));
  }

  private count(each: Arriving): void {
    each.countedFor = each.peer();
    this.ofPeers.add(each.countedFor);
  }

  private leave(each: Arriving): void {
    this.arriving.delete(each);
    this.uncount(each);
    if (!this.counting || this.arriving.size > COUNTED_MIN) return;
    for (const other of this.arriving) this.uncount(other);
    this.counting = false;
  }

  private uncount(each: Arriving): void {
    if (each.countedFor !== undefined) this.ofPeers.remove(each.countedFor);
    each.countedFor = undefined;
  }

  /** Gives up a body if `latest` is one too many. */
  private bound(latest: Arriving): void {
    if (!this.arriving.has(latest)) return;
    if (this.ofPeers.of(latest.countedFor ?? "") > BODIES_PER_PEER_MAX) this.giveUp(latest, tooManyOfPeer());
    else if (this.arriving.size > BODIES_ARRIVING_MAX) this.giveUpOldest();
  }

  /** Drops the slowest: refusing new ones would let slow senders shut out fast ones. */
  private giveUpOldest(): void {
    const [oldest] = this.arriving;
    if (oldest) this.giveUp(oldest, overloaded("Too many request bodies are still arriving."));
  }

  private giveUp(each: Arriving, error: TodosError): void {
    this.leave(each);
    each.reject(error);
  }

  private wakeAfter(ms: number): ReturnType<typeof setTimeout> {
    // The connection keeps the process alive; the timer need not.
    return setTimeout(() => this.sweep(), ms).unref();
  }

  private sweep(): void {
    const now = performance.now();
    this.timer = undefined;
    for (const each of this.arriving) {
      if (each.endsAt > now) {
        this.timer = this.wakeAfter(each.endsAt - now);
        return;
      }
      this.giveUp(each, tooSlow());
    }
  }
}

function overloaded(why: string): TodosError {
  return new TodosError("overloaded", why, { retryAfterS: OVERLOADED_RETRY_S });
}

function tooManyRequests(): TodosError {
  return overloaded("Too many requests are in progress.");
}

function tooSlow(): TodosError {
  return new TodosError("request-timeout", `The body did not arrive within ${BODY_TIMEOUT_MS / 1_000} s.`);
}

function tooManyOfPeer(): TodosError {
  const why = `More than ${BODIES_PER_PEER_MAX} request bodies are still arriving from your address.`;
  return new TodosError("too-many-requests", why, { retryAfterS: PEER_RETRY_S });
}
