import type { Model } from "./model.ts";
import {
  type Batch,
  type Entry,
  emptyBatch,
  type HistoryRecord,
  type ListRecord,
  type Records,
  type StoreName,
  type TaskRecord,
} from "./records.ts";

/** A commit in the making: reads see what it has written so far. Pure plans are functions of it. */
export class Draft {
  readonly batch: Batch = emptyBatch();
  private made = 0;
  private readonly keysBySelf = new Map<string, string>();
  private readonly written = new Map<string, Set<string>>();

  constructor(
    private readonly model: Model,
    readonly nowMs: number,
    private readonly uuid: () => string,
  ) {}

  /** Generation that this commit makes. */
  get generation(): number {
    return this.model.generation + 1;
  }

  get isEmpty(): boolean {
    return Object.values(this.batch).every((written) => written.size === 0);
  }

  newId(): string {
    return this.uuid();
  }

  /** Above those of all entries before; a commit has at most a million. */
  nextSeq(): number {
    return this.generation * 1_000_000 + this.made++;
  }

  task(key: string): TaskRecord | undefined {
    return this.read("tasks", key);
  }

  list(key: string): ListRecord | undefined {
    return this.read("lists", key);
  }

  entry(id: string): Entry | undefined {
    return this.read("queue", id);
  }

  read<S extends Exclude<StoreName, "history">>(store: S, key: string): Records[S] | undefined {
    const written = this.batch[store];
    const held = this.model[store] as Map<string, Records[S]>;
    return written.has(key) ? (written.get(key) as Records[S] | undefined) : held.get(key);
  }

  /** Of a row, in the order of sending. */
  entriesOf(key: string): readonly Entry[] {
    const known = this.model.entriesOf(key);
    // As nearly all rows: there may be many.
    if (known.length === 0 && !this.written.has(key)) return known;
    const old = known.filter(({ id }) => !this.batch.queue.has(id));
    const written = [...(this.written.get(key) ?? [])].flatMap((id) => this.batch.queue.get(id) ?? []);
    return written.length === 0 ? old : [...old, ...written].sort((a, b) => a.seq - b.seq);
  }

  keyAt(self: string): string | undefined {
    const key = this.keysBySelf.get(self) ?? this.model.keyAt(self);
    if (key === undefined) return undefined;
    const row = this.task(key) ?? this.list(key);
    return row?.self === self ? key : undefined;
  }

  keyOf(name: string): string {
    return this.model.keyOf(name);
  }

  /** All rows of the service's list, and those made here for it. */
  *tasksOf(list: string): Iterable<TaskRecord> {
    for (const row of this.rows("tasks")) if (row.list === list) yield row;
  }

  *rows<S extends "tasks" | "lists" | "queue" | "recent">(store: S): Iterable<Records[S]> {
    const written = this.batch[store];
    const held = this.model[store] as Map<string, Records[S]>;
    for (const [key, row] of held) if (!written.has(key)) yield row;
    for (const row of written.values()) if (row) yield row as Records[S];
  }

  put<S extends StoreName>(store: S, key: string, record: Records[S] | undefined): void {
    (this.batch[store] as Map<string, Records[S] | undefined>).set(key, record);
  }

  putTask(row: TaskRecord): void {
    this.put("tasks", row.key, row);
    if (row.self !== undefined) this.keysBySelf.set(row.self, row.key);
  }

  putList(row: ListRecord): void {
    this.put("lists", row.key, row);
    if (row.self !== undefined) this.keysBySelf.set(row.self, row.key);
  }

  putEntry(entry: Entry): void {
    this.put("queue", entry.id, entry);
    const ids = this.written.get(entry.key) ?? new Set();
    this.written.set(entry.key, ids.add(entry.id));
  }

  /** Takes an entry out of the queue; the history says how it ended. */
  end({ id, madeAt, kind, name, key, changes, base }: Entry, end: HistoryRecord["end"]): void {
    this.put("queue", id, undefined);
    this.put("history", id, { id, madeAt, sentAt: this.nowMs, kind, name, key, changes, base, end });
  }

  setMeta(name: string, value: unknown): void {
    this.put("meta", name, { name, value });
  }

  meta(name: string): unknown {
    return this.read("meta", name)?.value;
  }
}
