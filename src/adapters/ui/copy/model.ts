import { Reads } from "./reads.ts";
import {
  type Batch,
  type Entry,
  emptyBatch,
  KEYS,
  type ListRecord,
  type MetaRecord,
  type RecentRecord,
  type Records,
  type StoreName,
  type TaskRecord,
} from "./records.ts";

const HELD = ["tasks", "lists", "queue", "recent", "meta"] as const;

const NONE: readonly Entry[] = [];

/** Everything in the copy but the history, in memory. */
export class Model {
  /** Raised by one with each commit of any tab. */
  generation = 0;
  readonly tasks = new Map<string, TaskRecord>();
  readonly lists = new Map<string, ListRecord>();
  /** In the order of sending. */
  readonly queue = new Map<string, Entry>();
  readonly recent = new Map<string, RecentRecord>();
  readonly meta = new Map<string, MetaRecord>();
  readonly reads = new Reads();
  private readonly keysBySelf = new Map<string, string>();
  private readonly keysById = new Map<string, string>();
  private readonly entriesByKey = new Map<string, readonly Entry[]>();

  /** Key of the row that the service has at this address. */
  keyAt(self: string): string | undefined {
    return this.keysBySelf.get(self);
  }

  /** @param name a key, or an id of the service */
  keyOf(name: string): string {
    return this.keysById.get(name) ?? name;
  }

  /** Of a row, in the order of sending. */
  entriesOf(key: string): readonly Entry[] {
    return this.entriesByKey.get(key) ?? NONE;
  }

  /** @returns keys of the rows that it is about */
  apply(batch: Batch): ReadonlySet<string> {
    const keys = new Set([...batch.tasks.keys(), ...batch.lists.keys()]);
    for (const name of ["tasks", "lists"] as const) {
      for (const [key, row] of batch[name]) {
        const old = this[name].get(key);
        this.tell(old, row);
        this.forget(old);
        if (row) this.remember(row);
      }
    }
    for (const [id, entry] of batch.queue) {
      // An entry may have passed to another row.
      const old = this.queue.get(id);
      if (old && old.key !== entry?.key) this.index(old.key, id, undefined);
      if (entry) this.index(entry.key, id, entry);
      for (const { key } of [old, entry].filter((each) => each !== undefined)) keys.add(key);
    }
    for (const name of HELD)
      put<Records[StoreName]>(this[name] as Map<string, Records[StoreName]>, batch[name]);
    return keys;
  }

  /** Takes over what a database has instead of what is held. @returns keys of the rows of both */
  load(all: { readonly [S in StoreName]?: readonly Records[S][] }): ReadonlySet<string> {
    const batch = emptyBatch();
    for (const name of HELD) {
      const into = batch[name] as Map<string, unknown>;
      for (const key of this[name].keys()) into.set(key, undefined);
      for (const record of all[name] ?? []) into.set((record as never)[KEYS[name]], record);
    }
    // Rebuilt, so that they are in their order.
    this.queue.clear();
    this.entriesByKey.clear();
    return this.apply(batch);
  }

  private index(key: string, id: string, entry: Entry | undefined): void {
    const others = this.entriesOf(key).filter((known) => known.id !== id);
    const all = entry ? [...others, entry].sort((a, b) => a.seq - b.seq) : others;
    if (all.length === 0) this.entriesByKey.delete(key);
    else this.entriesByKey.set(key, all);
  }

  /** What is under way about either address may be older than this. */
  private tell(old: TaskRecord | ListRecord | undefined, row: TaskRecord | ListRecord | undefined): void {
    if (old?.seen === row?.seen && old?.self === row?.self) return;
    for (const self of [old?.self, row?.self]) if (self !== undefined) this.reads.tell(self);
  }

  private remember({ key, id, self }: TaskRecord | ListRecord): void {
    if (self !== undefined) this.keysBySelf.set(self, key);
    if (id !== undefined) this.keysById.set(id, key);
  }

  private forget(row: TaskRecord | ListRecord | undefined): void {
    if (row?.self !== undefined && this.keysBySelf.get(row.self) === row.key)
      this.keysBySelf.delete(row.self);
    if (row?.id !== undefined && this.keysById.get(row.id) === row.key) this.keysById.delete(row.id);
  }
}

function put<T>(into: Map<string, T>, from: ReadonlyMap<string, T | undefined>): void {
  for (const [key, record] of from) {
    if (record === undefined) into.delete(key);
    else into.set(key, record);
  }
}
