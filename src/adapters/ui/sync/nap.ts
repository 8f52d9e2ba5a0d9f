/** A pause that can be ended, also before it begins. */
export class Nap {
  private isDue = false;
  private current: AbortController | undefined;

  constructor(
    private readonly pause: (ms: number, signal: AbortSignal) => Promise<void>,
    private readonly over: AbortSignal,
  ) {}

  /** @param ms without it, until it is ended */
  async take(ms?: number): Promise<void> {
    if (!this.isDue && !this.over.aborted) {
      this.current = new AbortController();
      const signal = AbortSignal.any([this.current.signal, this.over]);
      if (ms === undefined) await aborted(signal);
      else await this.pause(ms, signal);
    }
    this.isDue = false;
    this.current = undefined;
  }

  end(): void {
    this.isDue = true;
    this.current?.abort();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
