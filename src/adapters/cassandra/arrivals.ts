import type { Log } from "../../application/ports.ts";
import { Rounds } from "./rounds.ts";
import { text } from "./rows.ts";
import type { Row, Session } from "./session.ts";
import { OPERATION_DEADLINE_MS } from "./settings.ts";
import { isMarkOf, transitFrom } from "./transit.ts";

const TRANSIT = "SELECT id, transit FROM todo WHERE checklist_id = ? AND id = ?";
const CONFIRM = "UPDATE todo SET transit = null WHERE checklist_id = ? AND id = ? IF transit = ?";
/** Rows whose other end is read at once. */
const READ_AT_ONCE = 16;
/** Moves that this instance finishes for others at once; more are left to the next reader. */
const FINISHING_MAX = 64;

/** Says of rows on their way from another list whether they have arrived, and finishes their moves. */
export class Arrivals {
  private readonly finishing = new Map<string, Promise<void>>();

  /** @param log absent: it finishes nothing, and only reads */
  constructor(
    private readonly session: Session,
    private readonly log?: Log,
  ) {}

  /** Resolves when nothing is in progress any more. */
  async close(): Promise<void> {
    await Promise.all(this.finishing.values());
  }

  /**
   * Clears the cell `transit` of rows that have arrived, and lets their moves be finished in the background. Most pages
   * have none, and cost nothing.
   * @param rows of one list, with the columns `id` and `transit`
   */
  async seen(checklistId: string, rows: readonly Row[]): Promise<void> {
    const arriving = rows.filter(({ transit }) => isComing(transit));
    for (let at = 0; at < arriving.length; at += READ_AT_ONCE) {
      const some = arriving.slice(at, at + READ_AT_ONCE);
      await Promise.all(
        some.map(async (row) => {
          const cell = text(row.transit);
          if (!(await this.hasArrived(checklistId, text(row.id), cell))) return;
          row.transit = null;
          this.finishLater(checklistId, text(row.id), cell);
        }),
      );
    }
  }

  /** The same for one row that is about to be written: a move is finished before anything else is done to its task. */
  async settled(checklistId: string, row: Row): Promise<void> {
    if (!isComing(row.transit)) return;
    const [id, cell] = [text(row.id), text(row.transit)];
    if (!(await this.hasArrived(checklistId, id, cell))) return;
    await this.confirm(checklistId, id, cell, performance.now() + OPERATION_DEADLINE_MS);
    row.transit = null;
  }

  /**
   * The task is in its new list, whatever becomes of the old row.
   * @param cell `transit` of the new row
   * @param latest time of `performance.now()` after which nothing is sent any more
   * @throws TodosError store-unavailable if that can't be determined
   */
  async confirm(checklistId: string, id: string, cell: string, latest: number): Promise<void> {
    const rounds = new Rounds(this.session, latest);
    while ((await rounds.begin()) && rounds.mayTry()) {
      if (await this.session.attempt(CONFIRM, [checklistId, id, cell], rounds.again)) return;
    }
    throw rounds.end(true);
  }

  /** @param cell `transit` of a row as it was read */
  private async hasArrived(checklistId: string, id: string, cell: string): Promise<boolean> {
    for (let coming = transitFrom(cell); coming?.way === "from"; ) {
      const source = await this.transit(coming.list, id);
      const mark = source && transitFrom(source.transit);
      if (mark && isMarkOf(coming, mark, checklistId)) return true;
      if (source && mark?.way !== "to") return false;
      // The mark is removed once the new row is confirmed; without one, and not confirmed, it was never made.
      const now = await this.transit(checklistId, id);
      const next = now && transitFrom(now.transit);
      if (next?.move === coming.move || next?.way === "to") return false;
      if (!next) return now !== undefined;
      coming = next;
    }
    return false;
  }

  private transit(checklistId: string, id: string): Promise<Row | undefined> {
    return this.session.row(TRANSIT, [checklistId, id]);
  }

  private finishLater(checklistId: string, id: string, cell: string): void {
    const { log } = this;
    if (!log || this.finishing.size >= FINISHING_MAX || this.finishing.has(cell)) return;
    const finished = this.confirm(checklistId, id, cell, performance.now() + OPERATION_DEADLINE_MS)
      .catch((error: unknown) => {
        log.warn("finishing the move of a task failed; its next reader tries again", { error });
      })
      .finally(() => this.finishing.delete(cell));
    this.finishing.set(cell, finished);
  }
}

/** Whether a row is on its way from another list. */
export function isComing(cell: unknown): boolean {
  return typeof cell === "string" && transitFrom(cell)?.way === "from";
}
