import { setTimeout as realWait } from "node:timers/promises";

/** A deployer's time functions, used as the engine's clock. */
export interface DeployerClock {
  now(): Date;
  /** @throws DOMException AbortError when `signal` fires */
  wait(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export interface DoubleClock extends DeployerClock {
  /** Advances time by this much at once, and runs everything that falls due, in order. Virtual time only. */
  advance(milliseconds: number): Promise<void>;
  /** From now on, runs time this many times as fast as real time. Real time only. */
  pace(speed: number): void;
  /** Stops time while held. For work that takes real time, such as hashing a file. */
  hold(): Disposable;
}

/** The services' clock. Their waits alone never advance time. */
export interface ServiceClock extends DoubleClock {
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** Stops time while a request is in progress. */
  busy(): Disposable;
  stop(): void;
}

export const VIRTUAL_START = new Date("2030-01-01T00:00:00.000Z");
/** A waiting client is idle after this much real time without a request, ms. */
const QUIET_MS = 1;
const QUIET_TURNS = 4;

interface Timer {
  readonly atMs: number;
  readonly ofClient: boolean;
  readonly fire: () => void;
}

/**
 * Advances time only when nobody has anything to do. While at least one client waits, no request is in progress and the
 * event loop has been quiet, time jumps to the next thing that falls due.
 * @param isAutomatic if false, only `advance` advances time
 */
export class VirtualClock implements ServiceClock {
  readonly #isAutomatic: boolean;
  #nowMs = VIRTUAL_START.getTime();
  #timers: Timer[] = [];
  #underWay = 0;
  #holds = 0;
  #activity = 0;
  #isPumping = false;
  #isStopped = false;

  constructor(isAutomatic: boolean) {
    this.#isAutomatic = isAutomatic;
  }

  now(): Date {
    return new Date(this.#nowMs);
  }

  wait(milliseconds: number, signal?: AbortSignal): Promise<void> {
    const waited = this.#timer(milliseconds, true, signal);
    if (this.#isAutomatic) this.#startPump();
    return waited;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return this.#timer(milliseconds, false, signal);
  }

  busy(): Disposable {
    this.#underWay++;
    this.#activity++;
    return {
      [Symbol.dispose]: () => {
        this.#underWay--;
        this.#activity++;
      },
    };
  }

  hold(): Disposable {
    this.#holds++;
    return { [Symbol.dispose]: () => void this.#holds-- };
  }

  async advance(milliseconds: number): Promise<void> {
    const endMs = this.#nowMs + milliseconds;
    await turn();
    for (let next = this.#timers[0]; next !== undefined && next.atMs <= endMs; next = this.#timers[0])
      await this.#fire(next);
    this.#nowMs = endMs;
    await turn();
  }

  pace(): void {
    throw new Error("virtual time has no pace; start the double with a number");
  }

  stop(): void {
    this.#isStopped = true;
    this.#timers = [];
  }

  #timer(milliseconds: number, ofClient: boolean, signal?: AbortSignal): Promise<void> {
    this.#activity++;
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      const fire = () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      };
      const timer = { atMs: this.#nowMs + Math.max(0, milliseconds), ofClient, fire };
      const abort = () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", abort, { once: true });
      // Insert after all timers due at the same moment: first come, first served.
      const place = this.#timers.findIndex((other) => other.atMs > timer.atMs);
      this.#timers.splice(place === -1 ? this.#timers.length : place, 0, timer);
    });
  }

  async #fire(timer: Timer): Promise<void> {
    this.#timers = this.#timers.filter((other) => other !== timer);
    this.#nowMs = Math.max(this.#nowMs, timer.atMs);
    timer.fire();
    await turn();
  }

  #startPump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    void this.#pump().finally(() => {
      this.#isPumping = false;
      if (this.#hasClientWaiting()) this.#startPump();
    });
  }

  async #pump(): Promise<void> {
    while (this.#hasClientWaiting()) {
      await this.#quiet();
      for (let next = this.#timers[0]; next !== undefined && this.#mayJump(); next = this.#timers[0]) {
        await this.#fire(next);
        if (next.ofClient) break;
      }
    }
  }

  #hasClientWaiting(): boolean {
    return !this.#isStopped && this.#timers.some((timer) => timer.ofClient);
  }

  #mayJump(): boolean {
    return this.#underWay === 0 && this.#holds === 0 && this.#hasClientWaiting();
  }

  async #quiet(): Promise<void> {
    let seen = -1;
    while (!this.#isStopped && (seen !== this.#activity || this.#underWay > 0 || this.#holds > 0)) {
      seen = this.#activity;
      for (let turns = 0; turns < QUIET_TURNS; turns++) await turn();
      await realWait(QUIET_MS);
    }
  }
}

/** Runs `speed` times as fast as real time, for a program in a separate process. */
export class RealClock implements ServiceClock {
  #speed: number;
  #startMs = VIRTUAL_START.getTime();
  #startedAt = performance.now();
  #isStopped = false;

  constructor(speed: number) {
    this.#speed = speed;
  }

  now(): Date {
    return new Date(this.#startMs + (performance.now() - this.#startedAt) * this.#speed);
  }

  async wait(milliseconds: number, signal?: AbortSignal): Promise<void> {
    await realWait(milliseconds / this.#speed, undefined, { signal, ref: false }).catch((error: unknown) => {
      // Reject waits with the reason, as the virtual clock does.
      throw signal?.aborted === true ? signal.reason : error;
    });
    // Nothing happens any more in a stopped model.
    if (this.#isStopped) await new Promise(() => undefined);
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    await this.wait(milliseconds, signal);
  }

  busy(): Disposable {
    return { [Symbol.dispose]: () => undefined };
  }

  hold(): Disposable {
    return this.busy();
  }

  async advance(): Promise<void> {
    throw new Error("real time can't be advanced; start the double with a virtual clock");
  }

  /** Waits that have begun end when they would have ended before. */
  pace(speed: number): void {
    this.#startMs = this.now().getTime();
    this.#startedAt = performance.now();
    this.#speed = speed;
  }

  stop(): void {
    this.#isStopped = true;
  }
}

/** Resolves when everything ready to run has run. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
