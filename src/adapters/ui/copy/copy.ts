import type { Keeper } from "./database.ts";
import { Draft } from "./draft.ts";
import { Model } from "./model.ts";
import type { Batch } from "./records.ts";

/** How long another tab's news may be on its way before the whole copy is read again, ms. */
const NEWS_MS = 100;

/** What tabs tell each other: the batch that made this generation. */
export interface News {
  readonly generation: number;
  readonly batch: Batch;
}

/** Called after a change is durable, of this tab or another one. @param keys of the rows that it is about */
export type Listener = (keys: ReadonlySet<string>) => void;

export interface CopyOptions {
  readonly keeper: Keeper;
  /** To the other tabs. */
  readonly tell: (news: News) => void;
  readonly now: () => number;
  readonly uuid: () => string;
}

/**
 * The copy of one person in this browser: all of it in memory, and on disk before it is in memory. Tabs take turns by
 * generation: a commit that was planned on an older one is planned again.
 */
export class Copy {
  readonly model = new Model();
  private readonly listeners = new Set<Listener>();
  private last: Promise<unknown> = Promise.resolve();
  private isWriting = false;
  private news: News[] = [];
  private heard: (() => void) | undefined;

  constructor(private readonly options: CopyOptions) {}

  async open(): Promise<void> {
    await this.reload();
  }

  /** @returns what stops it */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /**
   * Writes what the plan puts into the draft, all or nothing. Resolves when that is durable.
   * @param plan may run more than once; if it throws, nothing is written
   */
  commit<T>(plan: (draft: Draft) => T): Promise<T> {
    const turn = this.last.then(() => this.attempt(plan));
    // A failed commit is its caller's; the next one takes its turn.
    this.last = turn.catch(() => undefined);
    return turn;
  }

  /** Of another tab. */
  receive(news: News): void {
    this.news.push(news);
    if (!this.isWriting) this.catchUp();
    this.heard?.();
    // Something between was missed, as a tab does that was asleep.
    if (this.news.length === 1 && !this.isWriting) void this.refresh();
  }

  /** Reads the copy again if this tab is behind for long. */
  refresh(): Promise<void> {
    const turn = this.last.then(() =>
      this.news.length === 0 ? undefined : this.behind(this.model.generation),
    );
    this.last = turn.catch(() => undefined);
    return turn;
  }

  history() {
    return this.options.keeper.history();
  }

  /** After the commits that have begun. */
  async close(): Promise<void> {
    await this.last;
    this.options.keeper.close();
  }

  private async attempt<T>(plan: (draft: Draft) => T): Promise<T> {
    const { keeper, now, uuid, tell } = this.options;
    for (;;) {
      const draft = new Draft(this.model, now(), uuid);
      const result = plan(draft);
      if (draft.isEmpty) return result;
      const { generation } = this.model;
      if (await this.written(keeper.write(draft.batch, generation))) {
        this.take(draft.batch, generation + 1);
        tell({ generation: generation + 1, batch: draft.batch });
        this.catchUp();
        return result;
      }
      await this.behind(generation);
    }
  }

  private async written(writing: Promise<boolean>): Promise<boolean> {
    this.isWriting = true;
    try {
      return await writing;
    } finally {
      this.isWriting = false;
    }
  }

  /** Another tab was faster: its news is on its way, or was missed. */
  private async behind(generation: number): Promise<void> {
    this.catchUp();
    if (this.model.generation > generation) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, NEWS_MS);
      this.heard = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.heard = undefined;
    this.catchUp();
    if (this.model.generation === generation) await this.reload();
  }

  /** Takes over the news that follow on what is known. */
  private catchUp(): void {
    this.news.sort((a, b) => a.generation - b.generation);
    while (this.news[0]) {
      const [first] = this.news;
      if (first.generation > this.model.generation + 1) break;
      this.news.shift();
      if (first.generation === this.model.generation + 1) this.take(first.batch, first.generation);
    }
  }

  private async reload(): Promise<void> {
    const all = await this.options.keeper.load();
    const keys = this.model.load(all);
    this.model.generation = all.generation;
    for (const listener of this.listeners) listener(keys);
    this.catchUp();
  }

  private take(batch: Batch, generation: number): void {
    const keys = this.model.apply(batch);
    this.model.generation = generation;
    for (const listener of this.listeners) listener(keys);
  }
}
