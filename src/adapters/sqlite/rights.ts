import { constants, type Statement } from "bun:sqlite";
import type { Connection } from "./connection.ts";
import { rowOf, whole } from "./rows.ts";

/**
 * The mark of rights. Whether it is still what it was, SQLite tells without a look at it: it counts, for each connection,
 * how often a read found that anything at all had been committed. Prepared when somebody first asks for the mark: most
 * services have no accounts.
 */
export class RightsReader {
  readonly #statement: Statement;
  #mark = Number.NaN;
  /** The count right after the mark was read. */
  #seen = -1;
  /** Longer than the count, as Bun demands. */
  readonly #count = new Uint32Array(2);

  constructor(private readonly connection: Connection) {
    this.#statement = connection.prepare("SELECT changes FROM rights");
  }

  /** Triggers count, so no writer can forget to, in any program. */
  mark(): number {
    this.#mark = whole(rowOf(this.#statement.get()).changes);
    this.#seen = this.#commitsSeen();
    return this.#mark;
  }

  /** The mark as of the connection's last read; undefined if anything was committed since the last look at it. */
  markOfLastRead(): number | undefined {
    return this.#commitsSeen() === this.#seen ? this.#mark : undefined;
  }

  /**
   * SQLite's own page cache depends on this count, too. It stays as it is between two reads, so that it belongs to the
   * moment that the last one saw.
   */
  #commitsSeen(): number {
    const failed = this.connection.db.fileControl(constants.SQLITE_FCNTL_DATA_VERSION, this.#count);
    return failed ? Number.NaN : (this.#count[0] ?? Number.NaN);
  }
}
