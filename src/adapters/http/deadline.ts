interface Waiting {
  /** Milliseconds, by `performance.now()`. */
  readonly endsAt: number;
  readonly reject: (reason: unknown) => void;
}

/**
 * Gives up on promises that take too long. All share one timer: setting and clearing one for each costs
 * more than reading a small body does.
 */
export class Deadline {
  /** In the order in which their time is up. */
  private readonly waiting = new Set<Waiting>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** @param expired makes what a promise that took longer than `ms` is rejected with */
  constructor(
    private readonly ms: number,
    private readonly expired: () => Error,
  ) {}

  /** Ends as `promise` does, where that is in time. @param explained makes what to reject with of its error */
  hold<T>(promise: Promise<T>, explained: (error: unknown) => unknown): Promise<T> {
    return new Promise((resolve, reject) => {
      const waiting = { endsAt: performance.now() + this.ms, reject };
      this.waiting.add(waiting);
      this.timer ??= this.wakeAfter(this.ms);
      promise.then(
        (value) => {
          this.waiting.delete(waiting);
          resolve(value);
        },
        (error) => {
          this.waiting.delete(waiting);
          reject(explained(error));
        },
      );
    });
  }

  private wakeAfter(ms: number): ReturnType<typeof setTimeout> {
    // Whoever waits for a request keeps the program alive; the timer need not.
    return setTimeout(() => this.sweep(), ms).unref();
  }

  private sweep(): void {
    const now = performance.now();
    this.timer = undefined;
    for (const waiting of this.waiting) {
      if (waiting.endsAt > now) {
        this.timer = this.wakeAfter(waiting.endsAt - now);
        return;
      }
      this.waiting.delete(waiting);
      waiting.reject(this.expired());
    }
  }
}
