import { TodosError } from "../../domain/errors.ts";
import { PeerCounts } from "./peers.ts";

/** Requests worked on at once; past them only vital resources answer. Far above what one process can serve in a second. */
export const REQUESTS_IN_FLIGHT_MAX = 4_096;
/** Longest a body may take to arrive, ms. */
export const BODY_TIMEOUT_MS = 20_000;
/** Bodies that are still arriving, of one peer: far above what clients have that send a body with its head. */
export const BODIES_PER_PEER_MAX = 128;
/** Bodies that are still arriving, of all peers; each may hold 256 KiB. */
export const BODIES_ARRIVING_MAX = 1_024;
/** Counting by peer ends when so few are left. */
const COUNTED_MIN = BODIES_PER_PEER_MAX / 2;

const OVERLOADED_RETRY_S = 1;
/** Bodies of that peer are given up after a while, and then there is room. */
const PEER_RETRY_S = 5;

interface Arriving {
  /** Milliseconds, by `performance.now()`. */
  readonly endsAt: number;
  readonly peer: () => string;
  readonly reject: (reason: unknown) => void;
  /** The peer it is counted for, while bodies are. */
  countedFor?: string | undefined;
}

/**
 * What one port takes on. A request counts once its body is there: one whose body trickles in is no work,
 * and is bounded apart, so that slow senders keep nobody else from being answered.
 */
export class Intake {
  /** Everything begun and not answered, whatever it waits for. */
  requests = 0;
  /** In the order in which their time is up. */
  private readonly arriving = new Set<Arriving>();
  private readonly ofPeers = new PeerCounts();
  /** Only while there are many: finding an address takes longer than reading a small body. */
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
   * Ends as `body` does, where that is in time and its peer does not send too many.
   * All share one timer: setting and clearing one for each costs more than reading a small body does.
   * @param peer whom it is counted for @param explained makes what to reject with of the body's error
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

  /** More than one peer may have are on their way, of whomever. */
  private watch(latest: Arriving): void {
    if (this.counting) this.count(latest);
    else for (const each of this.arriving) this.count(each);
    this.counting = true;
    // A body that came with its head is there by then, and is taken however many others are on their way.
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

  /** Gives up one, where `latest` is one too many. */
  private bound(latest: Arriving): void {
    if (!this.arriving.has(latest)) return;
    if (this.ofPeers.of(latest.countedFor ?? "") > BODIES_PER_PEER_MAX) this.giveUp(latest, tooManyOfPeer());
    else if (this.arriving.size > BODIES_ARRIVING_MAX) this.giveUpOldest();
  }

  /** The slowest: to refuse newcomers instead would let slow senders shut out quick ones. */
  private giveUpOldest(): void {
    const [oldest] = this.arriving;
    if (oldest) this.giveUp(oldest, overloaded("More bodies are on their way than this instance waits for."));
  }

  private giveUp(each: Arriving, error: TodosError): void {
    this.leave(each);
    each.reject(error);
  }

  private wakeAfter(ms: number): ReturnType<typeof setTimeout> {
    // Whoever waits for a request keeps the program alive; the timer need not.
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
  return overloaded("More requests are being worked on than this instance takes on.");
}

function tooSlow(): TodosError {
  return new TodosError("request-timeout", `The body did not arrive within ${BODY_TIMEOUT_MS / 1_000} s.`);
}

function tooManyOfPeer(): TodosError {
  const why = `More than ${BODIES_PER_PEER_MAX} bodies are on their way from this address.`;
  return new TodosError("too-many-requests", why, { retryAfterS: PEER_RETRY_S });
}
