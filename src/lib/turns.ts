/** Lets a few do their work at the same time; others wait for their turn, in order, and not too many of them. */
export class Turns {
  private working = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly atOnce: number,
    private readonly waitingMax: number,
  ) {}

  /** Does `work` when it is its turn. @returns undefined, at once, if too many are waiting */
  take<T>(work: () => Promise<T>): Promise<T> | undefined {
    if (this.working < this.atOnce) {
      this.working++;
      return this.done(work);
    }
    if (this.waiting.length >= this.waitingMax) return undefined;
    return new Promise<void>((resolve) => this.waiting.push(resolve)).then(() => this.done(work));
  }

  private async done<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.working--;
    }
  }
}
