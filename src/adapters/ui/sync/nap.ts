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
      const current = new AbortController();
      this.current = current;
      // Not `AbortSignal.any`: what only listeners hold may be collected, and then never ends.
      const end = () => current.abort();
      this.over.addEventListener("abort", end);
      await (ms === undefined ? aborted(current.signal) : this.pause(ms, current.signal));
      this.over.removeEventListener("abort", end);
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
