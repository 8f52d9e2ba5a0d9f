import type { Statement } from "bun:sqlite";
import type { Checklist } from "../../domain/checklist.ts";
import type { Task } from "../../domain/task.ts";
import type { Connection } from "./connection.ts";
import { selectChecklist, selectTask } from "./reader.ts";
import { checklistFromRow, rowOf, taskFromRow, whole } from "./rows.ts";

const MARK = "SELECT changes FROM rights";
const WITH_MARK = `, (${MARK}) AS rights_mark`;

/**
 * The mark of rights, by itself or with one row: a statement sees the file at one moment, and costs less than a transaction
 * around two. Prepared when somebody first asks for the mark: most services have no accounts.
 */
export class RightsReader {
  /** As of the last read, if it was one of these. */
  last: number | undefined;
  readonly #mark: Statement;
  readonly #checklist: Statement;
  readonly #task: Statement;

  constructor(connection: Connection) {
    this.#mark = connection.prepare(MARK);
    this.#checklist = connection.prepare(selectChecklist(WITH_MARK));
    this.#task = connection.prepare(selectTask(WITH_MARK));
  }

  /** Triggers count: no writer can forget to, whichever program it is in. */
  mark(): number {
    return whole(rowOf(this.#mark.get()).changes);
  }

  findChecklist(id: string): Checklist | undefined {
    const row = this.#checklist.get(id);
    return row === null ? undefined : checklistFromRow(this.#noted(row));
  }

  findTask(checklistId: string, id: string): Task | undefined {
    const row = this.#task.get(checklistId, id);
    return row === null ? undefined : taskFromRow(this.#noted(row));
  }

  #noted(row: unknown): unknown {
    this.last = whole(rowOf(row).rights_mark);
    return row;
  }
}
