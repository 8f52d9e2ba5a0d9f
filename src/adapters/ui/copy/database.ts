import { type IDBPDatabase, type IDBPTransaction, openDB, unwrap } from "idb";
import { type Batch, KEYS, type Records, STORES, type StoreName } from "./records.ts";

/** Raised with each change of the stores; a tab with an older page then closes its connection. */
const RELEASE = 1;
const GENERATION = "generation";

export type Loaded = { readonly [S in StoreName]?: readonly Records[S][] } & { readonly generation: number };

/** Where the copy is kept: in IndexedDB, or nowhere. */
export interface Keeper {
  /** All but the history. */
  load(): Promise<Loaded>;
  /** Writes all of the batch, or nothing. @returns false if the copy is not of that generation any more */
  write(batch: Batch, generation: number): Promise<boolean>;
  history(): Promise<readonly Records["history"][]>;
  close(): void;
}

export class Database implements Keeper {
  private constructor(private readonly db: IDBPDatabase) {}

  /** @param outdated called when a newer page needs this connection closed */
  static async open(name: string, outdated: () => void): Promise<Database> {
    const db = await openDB(name, RELEASE, {
      upgrade: (fresh) => {
        for (const store of STORES) fresh.createObjectStore(store, { keyPath: KEYS[store] });
      },
      blocking: () => {
        db.close();
        outdated();
      },
    });
    return new Database(db);
  }

  async load(): Promise<Loaded> {
    const read = this.db.transaction([...STORES], "readonly");
    const all = <S extends StoreName>(store: S): Promise<Records[S][]> => read.objectStore(store).getAll();
    const [tasks, lists, queue, recent, meta] = await Promise.all([
      all("tasks"),
      all("lists"),
      all("queue"),
      all("recent"),
      all("meta"),
    ]);
    queue.sort((a, b) => a.seq - b.seq);
    const generation = meta.find(({ name }) => name === GENERATION)?.value;
    return { tasks, lists, queue, recent, meta, generation: typeof generation === "number" ? generation : 0 };
  }

  async write(batch: Batch, generation: number): Promise<boolean> {
    const write = this.db.transaction([...STORES], "readwrite");
    const held = await write.objectStore("meta").get(GENERATION);
    if ((held?.value ?? 0) !== generation) {
      await write.done;
      return false;
    }
    try {
      putAll(write, batch, generation + 1);
    } catch (error) {
      // What can't be stored at all is refused at once, and what was before it must not be committed.
      write.abort();
      await write.done.catch(() => undefined);
      throw error;
    }
    await write.done;
    return true;
  }

  history(): Promise<readonly Records["history"][]> {
    return this.db.getAll("history");
  }

  close(): void {
    this.db.close();
  }
}

type Writing = IDBPTransaction<unknown, (typeof STORES)[number][], "readwrite">;

/** Without a listener for each: the transaction tells how all of them ended. */
function putAll(write: Writing, batch: Batch, generation: number): void {
  for (const name of STORES) {
    const store = unwrap(write.objectStore(name));
    for (const [key, record] of batch[name] as ReadonlyMap<string, unknown>) {
      if (record === undefined) store.delete(key);
      else store.put(record);
    }
  }
  unwrap(write.objectStore("meta")).put({ name: GENERATION, value: generation });
}

/** Where there is no IndexedDB: everything ends with the page. */
export class Nowhere implements Keeper {
  private readonly past = new Map<string, Records["history"]>();

  async load(): Promise<Loaded> {
    return { generation: 0 };
  }

  async write({ history }: Batch): Promise<boolean> {
    for (const [id, record] of history) {
      if (record) this.past.set(id, record);
      else this.past.delete(id);
    }
    return true;
  }

  async history(): Promise<readonly Records["history"][]> {
    return [...this.past.values()];
  }

  close(): void {}
}
