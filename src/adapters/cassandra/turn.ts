/**
 * Lets everything within one turn of the event loop continue together at its end. Requests arrive one by one,
 * and the driver writes a single statement at once; statements given together share a packet.
 */
export class Turn {
  private waiting: (() => void)[] = [];

  /** Resolves at the end of this turn. */
  end(): Promise<void> {
    return new Promise((resolve) => {
      if (this.waiting.push(resolve) === 1) setImmediate(() => this.release());
    });
  }

  private release(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const go of waiting) go();
  }
}
