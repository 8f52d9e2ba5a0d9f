// The change log in memory, for tests with their own time: it returns what has become visible.
import type {
  Announced,
  ChangeLog,
  Logged,
  Settled,
  WriterNote,
} from "../../../src/adapters/cassandra/feed/log.ts";

interface Calls {
  writers: number;
  /** Reads of a writer's log. */
  logs: number;
}

export class ModelLog {
  readonly calls: Calls = { writers: 0, logs: 0 };
  readonly notes = new Map<string, WriterNote>();
  private readonly rows = new Map<string, Map<number, Logged>>();

  /** As the feed takes it. */
  get asLog(): ChangeLog {
    return this as unknown as ChangeLog;
  }

  async note(note: WriterNote): Promise<void> {
    this.notes.set(note.writer, note);
  }

  async record(writer: string, entries: readonly Announced[]): Promise<void> {
    for (const { n, change, at } of entries) {
      this.of(writer).set(n, { n, at, change, state: this.of(writer).get(n)?.state ?? "announced" });
    }
  }

  async settle(writer: string, entries: readonly Settled[]): Promise<void> {
    for (const { n, state } of entries) {
      const row = this.of(writer).get(n);
      this.of(writer).set(n, { n, at: row?.at ?? 0, change: row?.change, state });
    }
  }

  async writers(): Promise<readonly WriterNote[]> {
    this.calls.writers++;
    return [...this.notes.values()];
  }

  async after(writer: string, after: number, _upTo: number, limit: number): Promise<readonly Logged[]> {
    this.calls.logs++;
    return this.sorted(writer)
      .filter(({ n }) => n > after)
      .slice(0, limit);
  }

  async since(writer: string, upTo: number, since: number, limit: number): Promise<readonly Logged[]> {
    this.calls.logs++;
    return this.sorted(writer)
      .filter(({ n, at }) => n <= upTo && at >= since)
      .slice(-limit);
  }

  async some(writer: string, numbers: readonly number[]): Promise<readonly Logged[]> {
    this.calls.logs++;
    return this.sorted(writer).filter(({ n }) => numbers.includes(n));
  }

  private of(writer: string): Map<number, Logged> {
    const rows = this.rows.get(writer) ?? new Map<number, Logged>();
    this.rows.set(writer, rows);
    return rows;
  }

  private sorted(writer: string): Logged[] {
    return [...this.of(writer).values()].sort((a, b) => a.n - b.n);
  }
}
