import { setTimeout as realWait } from "node:timers/promises";

/** The time functions of a deployer; the engine's clock port gets this one. */
export interface DeployerClock {
  now(): Date;
  /** @throws DOMException AbortError when `signal` fires */
  wait(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export interface DoubleClock extends DeployerClock {
  /** Lets this much time pass at once; everything that falls due happens, in order. Virtual time only. */
  advance(milliseconds: number): Promise<void>;
  /** From now on time passes this many times as fast as real time. Real time only. */
  pace(speed: number): void;
  /** While held, time does not advance: for work that takes real time, such as hashing a file. */
  hold(): Disposable;
}

/** For the services: their waits alone never advance time. */
export interface ServiceClock extends DoubleClock {
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** Time stands still while a request is in progress. */
  busy(): Disposable;
  stop(): void;
}

export const VIRTUAL_START = new Date("2030-01-01T00:00:00.000Z");
/** Real time without a request after which a waiting client counts as idle, ms. */
const QUIET_MS = 1;
const QUIET_TURNS = 4;

interface Timer {
  readonly atMs: number;
  readonly ofClient: boolean;
  readonly fire: () => void;
}

/**
 * Time that passes only when nobody has anything to do: while at least one client waits, no request is under way and
 * the event loop has been quiet, it jumps to the next thing that falls due.
 * @param isAutomatic false: it passes by `advance` alone
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
      // After all that fall due at the same moment: first come, first served.
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

/** Real time, `speed` times as fast: for a program in a separate process. */
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
      // Waits are rejected with the reason, as on the virtual clock.
      throw signal?.aborted === true ? signal.reason : error;
    });
    // In a stopped model nothing happens any more.
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

  /** Waits that have begun end when they would have. */
  pace(speed: number): void {
    this.#startMs = this.now().getTime();
    this.#startedAt = performance.now();
    this.#speed = speed;
  }

  stop(): void {
    this.#isStopped = true;
  }
}

/** All that is ready to run has run. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
