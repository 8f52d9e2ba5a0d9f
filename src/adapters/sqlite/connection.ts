import { Database, type Statement } from "bun:sqlite";

/** How long a write waits for another process's lock before it is answered `store-unavailable`, ms. */
const WRITER_BUSY_TIMEOUT_MS = 2_000;
/** Readers hardly ever meet a lock under WAL; they run on the main thread, so they wait briefly. */
const READER_BUSY_TIMEOUT_MS = 250;
/** The log is truncated to this after a burst, bytes. */
const WAL_BYTES_KEPT = 16 * 1024 * 1024;

/** A connection that can't write. The file must exist. */
export function openReader(path: string): Database {
  const db = new Database(path, { readonly: true, strict: true });
  db.run(`PRAGMA busy_timeout = ${READER_BUSY_TIMEOUT_MS}`);
  return db;
}

/** The connection that writes: WAL, and a commit is on disk when it returns. The file must exist. */
export function openWriter(path: string): Database {
  const db = new Database(path, { readwrite: true, strict: true });
  db.run(`PRAGMA busy_timeout = ${WRITER_BUSY_TIMEOUT_MS}`);
  db.run("PRAGMA journal_mode = WAL");
  db.run("PRAGMA synchronous = FULL");
  // On macOS an fsync alone may leave data in the drive's cache; elsewhere this does nothing.
  db.run("PRAGMA fullfsync = ON");
  db.run(`PRAGMA journal_size_limit = ${WAL_BYTES_KEPT}`);
  return db;
}

/** A connection with its prepared statements, closed together, so that the file does not stay open. */
export class Connection {
  readonly #statements: Statement[] = [];

  constructor(readonly db: Database) {}

  prepare(sql: string): Statement {
    const statement = this.db.prepare(sql);
    this.#statements.push(statement);
    return statement;
  }

  close(): void {
    for (const statement of this.#statements.splice(0)) statement.finalize();
    this.db.close();
  }
}
