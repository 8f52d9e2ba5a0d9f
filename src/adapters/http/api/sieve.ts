import type { Awaitable, ChangeEntry } from "../../../application/ports.ts";

/** Changes that wait for a decision, at most. */
const UNDECIDED_MAX = 1_024;

interface Stream {
  /** Whether the stream's caller may know of it, at this moment; undefined: the caller is nobody any more. */
  judge(entry: ChangeEntry): Awaitable<boolean | undefined>;
  pass(entry: ChangeEntry): void;
  /** Nothing more can be told. @param why absent: the caller may not know more */
  end(why?: unknown): void;
}

/** Others wait already. */
const LATER = Symbol();

/** Passes on what the stream's caller may know, in order, whether the store answers at once or later. */
export class Sieve {
  private undecided = 0;
  private tail = Promise.resolve();
  private ended = false;

  constructor(private readonly stream: Stream) {}

  /** Whether everything taken so far is passed on or dropped. */
  get isEmpty(): boolean {
    return this.undecided === 0;
  }

  /** Resolves when everything taken so far is passed on or dropped. */
  get passed(): Promise<void> {
    return this.tail;
  }

  take(entry: ChangeEntry): void {
    if (this.ended) return;
    try {
      const judged = this.undecided > 0 ? LATER : this.stream.judge(entry);
      if (judged === LATER) this.queue(entry);
      else if (judged instanceof Promise) this.queue(entry, judged);
      else this.settle(entry, judged);
    } catch (error) {
      this.end(error);
    }
  }

  private queue(entry: ChangeEntry, judged?: Promise<boolean | undefined>): void {
    if (this.undecided >= UNDECIDED_MAX) throw new Error("too many changes wait for a decision");
    this.undecided++;
    const decided = async (): Promise<void> => {
      if (!this.ended) this.settle(entry, await (judged ?? this.stream.judge(entry)));
    };
    this.tail = this.tail
      .then(decided)
      .catch((error: unknown) => this.end(error))
      .finally(() => this.undecided--);
  }

  private settle(entry: ChangeEntry, judged: boolean | undefined): void {
    if (judged === undefined) this.end();
    else if (judged) this.stream.pass(entry);
  }

  private end(why?: unknown): void {
    if (this.ended) return;
    this.ended = true;
    this.stream.end(why);
  }
}
