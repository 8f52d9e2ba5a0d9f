import type { Cursor } from "./cursor.ts";
import type { WriterNote } from "./log.ts";
import { NAMED_WRITERS_MAX, type Position } from "./position.ts";

/**
 * A reader's progress with all writers together. A position has no room for a number per writer, so it contains a
 * moment in log time, before which everything has been sent, and the numbers of those that wrote last.
 */
export class Standing {
  /** When the last round that read everything began, milliseconds since the Unix epoch. */
  at = 0;
  /** Log time: everything announced before has been sent, no matter who announces next. */
  since = 0;
  /** Unknown writers will announce nothing before this: log time, and this reader's clock. */
  private notBefore = 0;
  /** Those with changes at `since` or later, the latest last, {@link NAMED_WRITERS_MAX} at most. */
  private latest = new Map<string, Cursor>();

  position(): Position {
    const told = new Map(Array.from(this.latest, ([writer, cursor]) => [writer, cursor.told]));
    return { at: this.at, since: this.since, told };
  }

  /** A change of this writer is about to be sent. */
  told(writer: string, cursor: Cursor): void {
    this.latest.delete(writer);
    this.latest.set(writer, cursor);
    if (this.latest.size <= NAMED_WRITERS_MAX) return;
    for (const oldest of this.latest.keys()) {
      this.latest.delete(oldest);
      return;
    }
  }

  /** The table of writers was read by a check that began at `wallMs`. */
  read(notes: readonly WriterNote[], wallMs: number): void {
    // A writer that was not among them registers later, and its log time begins after all that it finds there.
    const newest = notes.reduce((max, { seenAt }) => Math.max(max, seenAt), 0);
    this.notBefore = notes.length === 0 ? this.since : Math.min(newest, wallMs);
  }

  /** Everything was read up to these notes, of a check that began at `wallMs`. */
  complete(cursors: ReadonlyMap<string, Cursor>, notes: readonly WriterNote[], wallMs: number): void {
    this.at = wallMs;
    // As of the previous check: writers missing in this one had not registered when it began.
    this.since = this.notBefore;
    for (const { low } of cursors.values()) this.since = Math.min(this.since, low);
    this.read(notes, wallMs);
    const latest = [...cursors].filter(([, { newestAt, slackMs }]) => newestAt >= this.since - slackMs);
    latest.sort(([, a], [, b]) => a.newestAt - b.newestAt);
    this.latest = new Map(latest.slice(-NAMED_WRITERS_MAX));
  }
}
