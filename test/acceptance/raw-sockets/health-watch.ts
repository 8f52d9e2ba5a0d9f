const PAUSE_MS = 50;
const DEADLINE_MS = 5_000;

/** Asks for the service's health over and over, until it is stopped. */
export class HealthWatch {
  private asked = 0;
  private readonly refused: string[] = [];
  private stopped = false;
  private readonly watching: Promise<void>;

  constructor(private readonly url: string) {
    this.watching = this.watch();
  }

  /** @returns the number of health requests, and answers other than 200 */
  async stop(): Promise<{ readonly asked: number; readonly refused: readonly string[] }> {
    this.stopped = true;
    await this.watching;
    return { asked: this.asked, refused: this.refused };
  }

  private async watch(): Promise<void> {
    while (!this.stopped) {
      this.asked++;
      const said = await this.ask();
      if (said !== "200") this.refused.push(said);
      await Bun.sleep(PAUSE_MS);
    }
  }

  private async ask(): Promise<string> {
    try {
      const answer = await fetch(`${this.url}/actuator/health`, { signal: AbortSignal.timeout(DEADLINE_MS) });
      await answer.bytes();
      return String(answer.status);
    } catch (error) {
      return String(error);
    }
  }
}
