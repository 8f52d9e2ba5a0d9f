import { boundedly } from "../../application/copy/work.ts";
import type { Log } from "../../application/ports.ts";
import { TodosError } from "../../domain/errors.ts";
import { listIdOf } from "./list-owners.ts";
import { whole } from "./rows.ts";
import type { Row, Session } from "./session.ts";

/** Of an entry of the default owner's, whose lists are from before: no write of theirs has this version. */
export const FROM_BEFORE = 0;

const ADD = "INSERT INTO checklist_by_user (user_id, checklist_id, version) VALUES (?, ?, ?)";
const FIRST = "SELECT checklist_id, version FROM checklist_by_user WHERE user_id = ? LIMIT ?";
const AFTER =
  "SELECT checklist_id, version FROM checklist_by_user WHERE user_id = ? AND checklist_id > ? LIMIT ?";
const OF_LIST = "SELECT version FROM checklist_by_user WHERE user_id = ? AND checklist_id = ?";
const REMOVE = "DELETE FROM checklist_by_user WHERE user_id = ? AND checklist_id = ? AND version = ?";

/** Entries of one user that go together, in one unlogged batch: Amazon Keyspaces takes no more. */
const ADDED_TOGETHER = 30;
const BATCHES_AT_ONCE = 4;

/** What the table says about one list of a user's; several versions if an earlier entry was left behind. */
export interface UserEntry {
  readonly checklistId: string;
  readonly versions: number[];
}

/**
 * The table of lists by user. An entry is named by the version with which the user comes to the list, and written before
 * the list: there is none missing, whatever fails in between. One too many does no harm, since readers compare each with
 * its list. No name is used twice, as a row has each version once: a removal that arrives late hits nothing newer.
 */
export class UserIndex {
  constructor(
    private readonly session: Session,
    private readonly log?: Log,
  ) {}

  /**
   * Call it before the transaction that gives the list this version.
   * @throws TodosError store-unavailable: the transaction must not be sent
   */
  add(userId: string, checklistId: string, version: number): Promise<void> {
    return this.session.write(ADD, [userId, checklistId, version]);
  }

  /**
   * The same for many lists: entries of one user are in one partition, so that a batch of them costs little more than one.
   * @throws TodosError store-unavailable: some may be written
   */
  async addAll(userId: string, checklistIds: readonly string[], version: number): Promise<void> {
    const batches = Array.from({ length: Math.ceil(checklistIds.length / ADDED_TOGETHER) }, (_, index) =>
      checklistIds.slice(index * ADDED_TOGETHER, (index + 1) * ADDED_TOGETHER),
    );
    await boundedly(batches, BATCHES_AT_ONCE, (ids) =>
      this.session.batch(ids.map((id) => ({ query: ADD, params: [userId, id, version] }))),
    );
  }

  /** In order of the lists' ids. @returns also whether there may be more */
  async entries(
    userId: string,
    after: string | undefined,
    limit: number,
  ): Promise<{ readonly entries: readonly UserEntry[]; readonly cut: boolean }> {
    const rows = await (after === undefined
      ? this.session.rowsUpTo(FIRST, [userId, limit], limit)
      : this.session.rowsUpTo(AFTER, [userId, after, limit], limit));
    const groups = Map.groupBy(rows, listIdOf);
    const entries = [...groups].map(([checklistId, all]) => ({ checklistId, versions: all.map(versionOf) }));
    return { entries, cut: rows.length === limit };
  }

  /** All of a user to whom the list is known to have belonged last with this version. What fails is left for readers. */
  async leave(userId: string, checklistId: string, last: number): Promise<void> {
    await this.tidily(async () => {
      const versions = (await this.session.rows(OF_LIST, [userId, checklistId])).map(versionOf);
      await this.remove(
        userId,
        checklistId,
        versions.filter((each) => each <= last),
      );
    });
  }

  /** Entries that say something else than their lists. */
  async forget(userId: string, entries: readonly UserEntry[]): Promise<void> {
    await this.tidily(async () => {
      for (const { checklistId, versions } of entries) await this.remove(userId, checklistId, versions);
    });
  }

  private async remove(userId: string, checklistId: string, versions: readonly number[]): Promise<void> {
    await Promise.all(versions.map((version) => this.session.write(REMOVE, [userId, checklistId, version])));
  }

  private async tidily(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof TodosError)) throw error;
      this.log?.warn("an entry of a user's lists was left behind; its next reader removes it", { error });
    }
  }
}

function versionOf({ version }: Row): number {
  return whole(version);
}
