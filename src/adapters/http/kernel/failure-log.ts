import type { Log, LogFields } from "../../../application/ports.ts";

/** Lines a second for answers of 503: an outage or an overload causes one for every request. */
export const FAILURE_LINES_PER_SECOND_MAX = 10;
const SECOND_MS = 1_000;

/** Logs at a limited rate: up to a number of lines a second, and a count of the rest. */
export class FailureLog {
  private logged = 0;
  private unlogged = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly log: Log) {}

  warn(message: string, fields: LogFields): void {
    // `end` logs the last count, so the timer need not keep the process alive.
    this.timer ??= setTimeout(() => this.end(), SECOND_MS).unref();
    if (this.logged >= FAILURE_LINES_PER_SECOND_MAX) {
      this.unlogged++;
      return;
    }
    this.logged++;
    this.log.warn(message, fields);
  }

  /** Ends the current second, and logs the count of what was left out. */
  end(): void {
    clearTimeout(this.timer);
    const requests = this.unlogged;
    this.timer = undefined;
    this.logged = 0;
    this.unlogged = 0;
    if (requests > 0) this.log.warn("more requests were answered with 503", { requests });
  }
}
