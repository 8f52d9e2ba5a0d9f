import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  openSqliteStore,
  type SqliteStore,
  type SqliteStoreOptions,
} from "../../../src/adapters/sqlite/store.ts";
import type { Clock, Log, LogFields, Meter } from "../../../src/application/ports.ts";
import { spawnWriter } from "../../../src/commands/serve/spawn-writer.ts";
import type { Task } from "../../../src/domain/task.ts";

export interface Folder extends Disposable {
  readonly path: string;
  file(name: string): string;
}

/** An empty folder, removed at the end of its block. */
export function scratchFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), "todos-sqlite-"));
  return {
    path,
    file: (name) => join(path, name),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

export interface LogLine {
  readonly level: "error" | "warn" | "info" | "debug";
  readonly message: string;
  readonly fields?: LogFields | undefined;
}

export class KeptLog implements Log {
  readonly lines: LogLine[] = [];
  error = (message: string, fields?: LogFields) => this.#keep("error", message, fields);
  warn = (message: string, fields?: LogFields) => this.#keep("warn", message, fields);
  info = (message: string, fields?: LogFields) => this.#keep("info", message, fields);
  debug = (message: string, fields?: LogFields) => this.#keep("debug", message, fields);

  #keep(level: LogLine["level"], message: string, fields?: LogFields): void {
    this.lines.push({ level, message, fields });
  }
}

/** Records the store's messages. */
export class KeptMeter implements Meter {
  readonly commits: number[] = [];
  readonly operations: { readonly operation: string; readonly outcome: string }[] = [];
  readonly moves: string[] = [];

  readonly statements = { first: 0, retry: 0 };

  requestServed(): void {}
  requestsInFlight(): void {}

  storeOperated(operation: string, outcome: "success" | "error"): void {
    this.operations.push({ operation, outcome });
  }

  statementSent(attempt: "first" | "retry"): void {
    this.statements[attempt]++;
  }

  throttled = 0;

  statementThrottled(): void {
    this.throttled++;
  }

  groupCommitted(writes: number): void {
    this.commits.push(writes);
  }

  taskMoved(from: string, to: string): void {
    this.moves.push(`${from} → ${to}`);
  }
}

export const fixedClock: Clock = { now: () => Date.UTC(2026, 0, 2) };

export interface OpenedStore extends AsyncDisposable {
  readonly store: SqliteStore;
  readonly log: KeptLog;
  readonly meter: KeptMeter;
}

/** A store, closed at the end of its block. */
export async function openStore(
  path: string,
  options: Partial<Pick<SqliteStoreOptions, "readOnly" | "spawn" | "clock" | "loadParts">> = {},
): Promise<OpenedStore> {
  const [log, meter] = [new KeptLog(), new KeptMeter()];
  const store = await openSqliteStore({
    path,
    log,
    meter,
    clock: fixedClock,
    spawn: spawnWriter,
    ...options,
  });
  return { store, log, meter, [Symbol.asyncDispose]: () => store.close() };
}

export function taskIn(checklistId: string, members: Partial<Task> = {}): Task {
  return {
    checklistId,
    id: Bun.randomUUIDv7(),
    todo: "Buy milk",
    status: "pending",
    priority: "medium",
    createdAt: fixedClock.now(),
    updatedAt: fixedClock.now(),
    version: 1,
    ...members,
  };
}

/** What `work` throws. Throws if nothing is thrown. */
export async function thrownBy(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
