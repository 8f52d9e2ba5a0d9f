import type { Change, ChangeEntry, Clock, Log } from "../../../application/ports.ts";
import { Cursor, type ReadAt, UNDECIDED_MAX } from "./cursor.ts";
import type { ChangeLog, WriterNote } from "./log.ts";
import { encodedPosition } from "./position.ts";
import { Standing } from "./standing.ts";
import { type FeedTimes, POSITION_AGE_MAX_MS } from "./times.ts";

/** Changes of one writer read at once. */
const READ_MAX = 2_000;
/** Undecided changes of one writer checked at once. */
const RECONSIDERED_MAX = 500;
/** A writer may have died before it noted that it had begun the next slot. */
const SWEEP_AHEAD = 4_096;
/** Wait between two rounds while the store fails, ms. */
const FAILURE_DELAY_MS = 1_000;

export interface ReaderOptions {
  readonly log: ChangeLog;
  readonly logger: Log;
  readonly clock: Clock;
  readonly times: FeedTimes;
  readonly epoch: string;
  readonly tell: (entry: ChangeEntry) => void;
  /** Too much was missed to send all of it to listeners. */
  readonly lost: () => void;
}

/** How far a reader had come with one writer at one moment. */
export interface WriterSnapshot {
  readonly writer: string;
  readonly head: number;
  /** Log time of the change numbered `head`, or later. */
  readonly newestAt: number;
  /** How much earlier than by log time it may have announced something. */
  readonly slackMs: number;
  /** Everything up to here has been sent; undecided ones are beyond. */
  readonly told: number;
  isUndecided(n: number): boolean;
}

/** How far a reader had come at one moment. */
export interface Snapshot {
  readonly writers: readonly WriterSnapshot[];
}

/**
 * Reads every writer's changes as they come, from the moment it is started until it is stopped. One
 * partition shows which writers have something new, and only that is read.
 */
export class ChangeReader {
  private readonly cursors = new Map<string, Cursor>();
  private readonly standing = new Standing();
  private stopped = false;
  /** Ends the pause between two rounds. */
  private wake: () => void = () => undefined;
  private failing = false;

  private constructor(private readonly options: ReaderOptions) {}

  /** From now on; what is undecided now is sent when it is decided. @throws TodosError store-unavailable */
  static async start(options: ReaderOptions): Promise<ChangeReader> {
    const reader = new ChangeReader(options);
    await reader.begin();
    void reader.run();
    return reader;
  }

  position(): string {
    return encodedPosition(this.options.epoch, this.standing.position());
  }

  /** A snapshot of what it has seen so far. */
  snapshot(): Snapshot {
    const writers = Array.from(this.cursors, ([writer, cursor]) => {
      const undecided = new Set(cursor.undecided());
      const { head, told, newestAt, slackMs } = cursor;
      return { writer, head, told, newestAt, slackMs, isUndecided: (n: number) => undecided.has(n) };
    });
    return { writers };
  }

  stop(): void {
    this.stopped = true;
    this.wake();
  }

  private async begin(): Promise<void> {
    const { log, clock } = this.options;
    const before = { wallMs: clock.now(), notes: await log.writers() };
    this.standing.read(before.notes, before.wallMs);
    const read = this.now();
    const notes = await log.writers();
    const { deadlineMs } = this.options.times;
    // What happened before does not concern its subscribers.
    for (const note of notes) {
      // Writers no longer wait for what is older than this.
      const floor = note.head > note.settled ? note.seenAt - 2 * deadlineMs : note.seenAt;
      this.cursors.set(note.writer, this.cursor(note, note.settled, floor, read));
    }
    const silent = () => undefined;
    const unread = [...this.cursors.values()].filter((cursor) => cursor.noted.head > cursor.head);
    await Promise.all(unread.map((cursor) => this.readAll(cursor, read, silent)));
    this.standing.complete(this.cursors, notes, read.wallMs);
  }

  private async readAll(cursor: Cursor, read: ReadAt, tell: (change: Change) => void): Promise<void> {
    const { head } = cursor.noted;
    while (cursor.head < head && !this.stopped) await this.readNew(cursor, head, read, tell);
  }

  private async run(): Promise<void> {
    const { pollEveryMs } = this.options.times;
    await this.pause(pollEveryMs);
    while (!this.stopped) {
      const delayMs = (await this.roundOrWarning()) ? pollEveryMs : FAILURE_DELAY_MS;
      await this.pause(delayMs);
    }
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      timer.unref();
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.stopped) this.wake();
    });
  }

  /** @returns whether everything was read */
  private async roundOrWarning(): Promise<boolean> {
    try {
      await this.round();
      if (this.failing) this.options.logger.info("changes of other instances are read again");
      this.failing = false;
      return true;
    } catch (error) {
      if (!this.failing) this.options.logger.warn("changes of other instances can't be read", { error });
      this.failing = true;
      return false;
    }
  }

  private async round(): Promise<void> {
    const read = this.now();
    if (read.wallMs - this.standing.at > POSITION_AGE_MAX_MS) return this.options.lost();
    const notes = await this.options.log.writers();
    this.hear(notes, this.now());
    const due = [...this.cursors].filter(([, cursor]) => this.isDue(cursor, read));
    await Promise.all(due.map(([writer, cursor]) => this.read(writer, cursor, read)));
    if (!this.stopped) this.standing.complete(this.cursors, notes, read.wallMs);
  }

  private hear(notes: readonly WriterNote[], read: ReadAt): void {
    const known = new Set(notes.map(({ writer }) => writer));
    for (const [writer, { undecidedCount }] of this.cursors) {
      if (!known.has(writer) && undecidedCount === 0) this.cursors.delete(writer);
    }
    const { since } = this.standing;
    for (const note of notes) {
      const cursor = this.cursors.get(note.writer);
      if (cursor) cursor.heard(note, since, read.monotonicMs);
      // It has started since the last round, and none of its changes has been sent.
      else this.cursors.set(note.writer, this.cursor(note, 0, since, read));
    }
  }

  private isDue(cursor: Cursor, read: ReadAt): boolean {
    const { noted, head, undecidedCount } = cursor;
    return noted.head > head || undecidedCount > 0 || cursor.isSweepDue(read.monotonicMs);
  }

  private async read(writer: string, cursor: Cursor, read: ReadAt): Promise<void> {
    const tell = (change: Change) => {
      this.standing.told(writer, cursor);
      this.options.tell({ ...change, position: this.position() });
    };
    const asked = cursor.oldestAndNewestUndecided(RECONSIDERED_MAX);
    // Read at once, and sent in order: the undecided ones are older.
    const older = asked.length > 0 ? this.reconsider(cursor, asked, read, tell) : undefined;
    await Promise.all([older, this.readLater(cursor, read, tell, older)]);
  }

  private async reconsider(
    cursor: Cursor,
    asked: readonly number[],
    read: ReadAt,
    tell: (change: Change) => void,
  ): Promise<void> {
    const rows = await this.options.log.some(cursor.noted.writer, asked);
    if (!this.stopped) cursor.reconsider(asked, rows, read, tell);
  }

  private async readLater(
    cursor: Cursor,
    read: ReadAt,
    tell: (change: Change) => void,
    older?: Promise<void>,
  ): Promise<void> {
    if (cursor.undecidedCount >= UNDECIDED_MAX) return;
    if (cursor.isSweepDue(read.monotonicMs)) await this.sweep(cursor, read, tell, older);
    else if (cursor.noted.head > cursor.head)
      await this.readNew(cursor, cursor.noted.head, read, tell, older);
  }

  /** Reads what a writer may have died before noting. */
  private async sweep(
    cursor: Cursor,
    read: ReadAt,
    tell: (change: Change) => void,
    older?: Promise<void>,
  ): Promise<void> {
    let found: number;
    do {
      const upTo = Math.max(cursor.noted.head, cursor.head) + SWEEP_AHEAD;
      found = await this.readNew(cursor, upTo, read, tell, older);
    } while (found > 0 && !this.stopped && cursor.undecidedCount < UNDECIDED_MAX);
    if (found === 0) cursor.swept(read.monotonicMs);
  }

  /**
   * @param upTo reads the slots up to this number's
   * @param older is sent first
   * @returns how many there were
   */
  private async readNew(
    cursor: Cursor,
    upTo: number,
    read: ReadAt,
    tell: (change: Change) => void,
    older?: Promise<void>,
  ): Promise<number> {
    const { writer, head } = cursor.noted;
    const [rows] = await Promise.all([this.options.log.after(writer, cursor.head, upTo, READ_MAX), older]);
    if (this.stopped) return 0;
    cursor.advance(rows, read, tell);
    if (rows.length < READ_MAX) cursor.reached(head, read);
    return rows.length;
  }

  private cursor(note: WriterNote, head: number, floor: number, read: ReadAt): Cursor {
    return new Cursor(note, head, floor, read.monotonicMs, this.options.times);
  }

  private now(): ReadAt {
    return { monotonicMs: performance.now(), wallMs: this.options.clock.now() };
  }
}
