import type { Checklist } from "../../domain/checklist.ts";
import type { Task } from "../../domain/task.ts";
import { settledBy } from "./conditional.ts";
import { type Creation, creationCell, creationFrom, type Made } from "./creation.ts";
import type { DueIndex } from "./due-index.ts";
import { unavailable } from "./failures.ts";
import { Rounds } from "./rounds.ts";
import { optionalText } from "./rows.ts";
import type { Row, Session } from "./session.ts";

/** Of one task: the cell that says who created it. */
export const CREATION = "SELECT creation FROM todo WHERE checklist_id = ? AND id = ?";
const DELETE = "DELETE FROM todo WHERE checklist_id = ? AND id = ? IF version = ?";
const TAKE_BACK = "DELETE FROM todo WHERE checklist_id = ? AND id = ? IF creation = ?";

/** What it needs to know of lists. */
interface Lists {
  find(id: string): Promise<Checklist | undefined>;
}

/** Sends the row. @returns the row that an earlier attempt made; undefined: this one did */
type Insert = (row: Task, latest: number, creation: Creation | undefined) => Promise<Row | undefined>;

/** Creates tasks in lists that exist. A `latest` is as for checklists. */
export class TaskCreation {
  constructor(
    private readonly session: Session,
    private readonly lists: Lists,
    private readonly due: DueIndex,
    private readonly insert: Insert,
  ) {}

  /** The checklist is read again after the insert: it may have been deleted in the meantime. */
  async create(row: Task, latest: number, creation?: Creation): Promise<Made> {
    if (!(await this.lists.find(row.checklistId))) {
      // An earlier request with the key may have created it, before the checklist was deleted.
      const found = creation && (await this.read(row));
      return found ? { outcome: "created", by: makerOf(found) } : { outcome: "missing" };
    }
    const prepared = this.due.prepare(undefined, row);
    if (prepared) await prepared;
    const found = await this.insert(row, latest, creation);
    const by = found ? makerOf(found) : (creation?.owner ?? null);
    // The row exists by now: if this can't be determined, the outcome is unknown.
    return settledBy(async () => {
      if (await this.lists.find(row.checklistId)) return { outcome: "created", by };
      await this.session.attempt(DELETE, [row.checklistId, row.id, row.version]);
      await this.due.settle(row, undefined);
      return { outcome: "missing" };
    });
  }

  /**
   * Removes a task that a request created again without knowing that it had been deleted.
   * @param creation the request's key
   * @param madeBy the creator of the deleted task
   * @throws TodosError store-unavailable if it is unknown whether the task is gone
   */
  async takeBack(
    { checklistId, id }: Task,
    creation: Creation,
    madeBy: string,
    latest: number,
  ): Promise<void> {
    const found = optionalText((await this.read({ checklistId, id }))?.creation);
    if (found === undefined || found === creationCell({ ...creation, owner: madeBy })) return;
    const rounds = new Rounds(this.session, latest);
    while ((await rounds.begin()) && rounds.mayTry()) {
      if (await this.session.attempt(TAKE_BACK, [checklistId, id, found], rounds.again)) return;
    }
    throw unavailable(undefined, "unknown");
  }

  private read({ checklistId, id }: Pick<Task, "checklistId" | "id">): Promise<Row | undefined> {
    return this.session.row(CREATION, [checklistId, id], this.session.serialRead);
  }
}

/** Which request with a key made a row, as it is stored. */
function makerOf(row: Row): string | null {
  const cell = optionalText(row.creation);
  return cell === undefined ? null : creationFrom(cell).owner;
}
