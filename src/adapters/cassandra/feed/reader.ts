import type { Change, ChangeEntry, Clock, Log } from "../../../application/ports.ts";
import { Cursor, type ReadAt, UNDECIDED_MAX } from "./cursor.ts";
import type { ChangeLog, WriterNote } from "./log.ts";
import { encodedPosition, type Position } from "./position.ts";
import { AWAKE_MS, type FeedTimes, POSITION_AGE_MAX_MS } from "./times.ts";

/** Changes of one writer read in one go. */
const READ_MAX = 2_000;
/** Undecided changes of one writer looked at in one go. */
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
  /** So much was missed that nobody who listens can be told all of it. */
  readonly lost: () => void;
}

/** How far a reader had come with one writer at one moment. */
interface WriterSnapshot {
  readonly writer: string;
  readonly head: number;
  /** Everything up to here has been told; undecided ones are beyond. */
  readonly told: number;
  isUndecided(n: number): boolean;
}

/** How far a reader had come at one moment. */
export interface Snapshot {
  readonly writers: readonly WriterSnapshot[];
}

/**
 * Reads every writer's changes as they come, from the moment it is started until it is stopped. One
 * partition tells who has something new, and only that is read.
 */
export class ChangeReader {
  private readonly cursors = new Map<string, Cursor>();
  private readonly stopping = Promise.withResolvers<void>();
  private stopped = false;
  /** When the last round that read everything began, milliseconds since the Unix epoch. */
  private completeAt = 0;
  private failing = false;

  private constructor(private readonly options: ReaderOptions) {}

  /** From now on; what is undecided now is told when it is decided. @throws TodosError store-unavailable */
  static async start(options: ReaderOptions): Promise<ChangeReader> {
    const reader = new ChangeReader(options);
    await reader.begin();
    void reader.run();
    return reader;
  }

  position(): string {
    return encodedPosition(this.options.epoch, this.standing());
  }

  /** What it has seen so far, and will not change. */
  snapshot(): Snapshot {
    const writers = Array.from(this.cursors, ([writer, cursor]) => {
      const undecided = new Set(cursor.undecided());
      const { head, told } = cursor;
      return { writer, head, told, isUndecided: (n: number) => undecided.has(n) };
    });
    return { writers };
  }

  stop(): void {
    this.stopped = true;
    this.stopping.resolve();
  }

  private standing(): Position {
    return {
      at: this.completeAt,
      told: new Map(Array.from(this.cursors, ([writer, { told }]) => [writer, told])),
    };
  }

  private async begin(): Promise<void> {
    const read = this.now();
    const notes = await this.options.log.writers();
    // What happened before is none of its subscribers' concern.
    for (const note of notes) this.cursors.set(note.writer, this.cursor(note, note.settled, read));
    await Promise.all([...this.cursors.values()].map((cursor) => this.readAll(cursor, read)));
    this.completeAt = read.wallMs;
  }

  private async readAll(cursor: Cursor, read: ReadAt): Promise<void> {
    const silent = () => undefined;
    while (await this.readNew(cursor, true, read, silent)) if (this.stopped) return;
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
      void this.stopping.promise.then(() => {
        clearTimeout(timer);
        resolve();
      });
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
    if (read.wallMs - this.completeAt > POSITION_AGE_MAX_MS) return this.options.lost();
    this.hear(await this.options.log.writers(), read);
    const due = [...this.cursors].filter(([, cursor]) => this.isDue(cursor, read));
    await Promise.all(due.map(([, cursor]) => this.read(cursor, read)));
    this.completeAt = read.wallMs;
  }

  private hear(notes: readonly WriterNote[], read: ReadAt): void {
    const known = new Set(notes.map(({ writer }) => writer));
    for (const [writer, { undecidedCount }] of this.cursors) {
      if (!known.has(writer) && undecidedCount === 0) this.cursors.delete(writer);
    }
    for (const note of notes) {
      const cursor = this.cursors.get(note.writer);
      if (cursor) cursor.heard(note, read.monotonicMs);
      // It has begun since the last round, and nothing of it has been told.
      else this.cursors.set(note.writer, this.cursor(note, 0, read));
    }
  }

  private isDue(cursor: Cursor, read: ReadAt): boolean {
    return cursor.noted.head > cursor.head || cursor.undecidedCount > 0 || this.isSweepDue(cursor, read);
  }

  private isSweepDue({ heardAt, readAt }: Cursor, { monotonicMs }: ReadAt): boolean {
    return monotonicMs - heardAt < AWAKE_MS && monotonicMs - readAt >= this.options.times.sweepEveryMs;
  }

  private async read(cursor: Cursor, read: ReadAt): Promise<void> {
    const tell = (change: Change) => this.options.tell({ ...change, position: this.position() });
    const asked = cursor.oldestAndNewestUndecided(RECONSIDERED_MAX);
    const sweep = this.isSweepDue(cursor, read);
    const isNew = sweep || cursor.noted.head > cursor.head;
    // Read at once, and told in their order: the undecided ones are the older ones.
    const older = asked.length > 0 ? this.reconsider(cursor, asked, read, tell) : undefined;
    const hasRoom = cursor.undecidedCount < UNDECIDED_MAX;
    await Promise.all([older, isNew && hasRoom ? this.readNew(cursor, sweep, read, tell, older) : undefined]);
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

  /** @param older is to be told first @returns whether there may be more */
  private async readNew(
    cursor: Cursor,
    sweep: boolean,
    read: ReadAt,
    tell: (change: Change) => void,
    older?: Promise<void>,
  ): Promise<boolean> {
    const { writer, head } = cursor.noted;
    const upTo = sweep ? Math.max(head, cursor.head) + SWEEP_AHEAD : Math.max(head, cursor.head);
    const [rows] = await Promise.all([this.options.log.after(writer, cursor.head, upTo, READ_MAX), older]);
    if (this.stopped) return false;
    cursor.advance(rows, read, tell);
    if (sweep) cursor.readAt = read.monotonicMs;
    return rows.length === READ_MAX;
  }

  private cursor(note: WriterNote, head: number, read: ReadAt): Cursor {
    return new Cursor(note, head, read.monotonicMs, this.options.times.deadlineMs);
  }

  private now(): ReadAt {
    return { monotonicMs: performance.now(), wallMs: this.options.clock.now() };
  }
}
