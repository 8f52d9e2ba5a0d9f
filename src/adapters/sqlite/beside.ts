import type { Command, WriteAnswer, WriteName } from "../../application/commands.ts";
import type { Awaitable, Clock, Log, Meter } from "../../application/ports.ts";
import { type Store, StoreDecorator } from "../../application/store.ts";
import { StoreOpenError } from "../../application/store-open-error.ts";
import { Connection, openWriter } from "./connection.ts";
import { identityOf, Whereabouts } from "./file-identity.ts";
import { migrationStatus } from "./maintenance.ts";
import { placeForStore } from "./place.ts";
import { openMigrated } from "./prepare.ts";
import { servingProcess, takeServeLock } from "./serve-lock.ts";
import { MOVED, MOVED_MEANWHILE, writeError } from "./sqlite-errors.ts";
import { openSqliteStore } from "./store.ts";
import { Writer } from "./writer.ts";

/** How long a write waits for the service's own, ms. */
const BUSY_TIMEOUT_MS = 10_000;

export interface BesideOptions {
  readonly path: string;
  readonly log: Log;
  readonly meter: Meter;
  readonly clock: Clock;
}

/**
 * The store for a command that writes a little, also while a service has the file. Each write is a short transaction of
 * its own, which waits for the service's and which that waits for. Where no process serves the file, none can until this
 * is closed.
 * @throws StoreOpenError
 */
export async function openSqliteBeside(options: BesideOptions): Promise<Store> {
  const path = placeForStore(options.path);
  const lock = servingProcess(path) === undefined ? takeServeLock(path) : undefined;
  try {
    if (lock) openMigrated(path, options.clock.now()).close();
    else refuseOtherSchema(path);
    const store = await openSqliteStore({ ...options, path, readOnly: true, spawn: noThread });
    return new StoreBeside(store, path, options.clock, () => lock?.release());
  } catch (error) {
    lock?.abandon();
    throw error;
  }
}

function noThread(): Worker {
  throw new TypeError("what is open for reading needs no writer");
}

function refuseOtherSchema(path: string): void {
  const { pending } = migrationStatus(path);
  if (pending.length === 0) return;
  throw new StoreOpenError(`${path} is served by an older todos: use the same version as the service.`);
}

class StoreBeside extends StoreDecorator {
  private readonly writer: Writer;
  private readonly whereabouts: Whereabouts;

  constructor(
    protected readonly store: Store,
    path: string,
    private readonly clock: Clock,
    private readonly release: () => void,
  ) {
    super();
    this.whereabouts = new Whereabouts(path, identityOf(path) ?? "");
    const db = openWriter(path);
    db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    this.writer = new Writer(new Connection(db));
  }

  protected ask<T>(_operation: string, answer: (store: Store) => Awaitable<T>): Awaitable<T> {
    return answer(this.store);
  }

  async write<N extends WriteName>(command: Command<N>): Promise<WriteAnswer<N>> {
    this.stillThere(MOVED);
    const [end] = this.writer.apply([command as Command], this.clock.now()).ends;
    this.stillThere(MOVED_MEANWHILE);
    if (!end) throw new TypeError("a write has no end");
    if ("failure" in end) throw writeError(end.failure);
    return end.answer as WriteAnswer<N>;
  }

  /** @throws TodosError store-unavailable */
  private stillThere(code: string): void {
    const message = this.whereabouts.problem();
    if (message !== undefined) throw writeError({ code, message });
  }

  override async close(): Promise<void> {
    this.writer.connection.close();
    await this.store.close();
    this.release();
  }
}
