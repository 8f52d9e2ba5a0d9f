import { type Checklist, type ChecklistChange, newChecklist } from "../domain/checklist.ts";
import { TodosError } from "../domain/errors.ts";
import { stayInTrash } from "../domain/trash.ts";
import type { Guard } from "../domain/version.ts";
import { announcedCreation, announcedWrite } from "./announced.ts";
import { type Caller, inboxOf } from "./caller.ts";
import { changeChecklist, deleteChecklist } from "./commands.ts";
import { type Creation, create, type Keyed } from "./idempotency.ts";
import { createOwned } from "./owned-checklists.ts";
import type { Awaitable, Change, ChangeFeed, Clock, Ids, RandomSource, Slice } from "./ports.ts";
import type { Store } from "./store.ts";
import { checklistsOf, type SeenChecklist, type VisibleDeps } from "./visible.ts";
import { notFound, rowWritten } from "./written.ts";

export interface UseCaseDeps extends VisibleDeps {
  readonly feed: ChangeFeed;
  readonly clock: Clock;
  readonly ids: Ids;
  /** How long deleted rows can be restored; 0 or absent: not at all. */
  readonly trashDays?: number;
  readonly random: RandomSource;
}

/** What a client can do with checklists. Errors that a user causes are thrown as TodosError. */
export class Checklists {
  constructor(private readonly deps: UseCaseDeps) {}

  /** @returns undefined if there is none; the caller reports it */
  find(id: string): Awaitable<Checklist | undefined> {
    return this.deps.store.findChecklist(id);
  }

  /** The order in which they are listed. */
  get order(): Store["checklistOrder"] {
    const { store, hasAccounts } = this.deps;
    return hasAccounts ? "id" : store.checklistOrder;
  }

  /** Those that the caller sees. */
  list(caller: Caller, after: string | undefined, limit: number): Awaitable<Slice<SeenChecklist>> {
    return checklistsOf(this.deps, caller, after, limit);
  }

  create(caller: Caller, name: string, keyed?: Keyed<Checklist>): Promise<Creation<Checklist>> {
    const { store, feed, ids, clock } = this.deps;
    return create(
      { store, ids, clock },
      {
        build: (id, at) => newChecklist(id, name, at),
        insert: (row, receipt) =>
          announcedCreation(feed, { type: "checklist.created", checklistId: row.id }, row.version, () =>
            createOwned(store, caller, row, receipt),
          ),
        missing: () => notFound("checklist"),
      },
      keyed,
    );
  }

  async change(caller: Caller, id: string, change: ChecklistChange, guard: Guard): Promise<Checklist> {
    const { store, feed, clock } = this.deps;
    const written = await announcedWrite(feed, { type: "checklist.updated", checklistId: id }, () =>
      store.write(changeChecklist(caller, id, change, guard, clock.now())),
    );
    return rowWritten(written, "checklist");
  }

  async remove(caller: Caller, id: string, guard: Guard): Promise<void> {
    if (id === inboxOf(caller)) {
      throw new TodosError("conflict", "The inbox can't be deleted. You can rename it.");
    }
    const { store, feed, clock, trashDays = 0 } = this.deps;
    const stay = stayInTrash(trashDays, clock.now());
    const change = { type: "checklist.deleted", checklistId: id, ...(await this.readersOf(id)) } as const;
    const written = await announcedWrite(feed, change, () =>
      store.write(deleteChecklist(caller, id, guard, stay)),
    );
    rowWritten(written, "checklist");
  }

  private async readersOf(id: string): Promise<Pick<Change, "readers">> {
    const { store, hasAccounts } = this.deps;
    const members = hasAccounts ? await store.listMembers(id) : undefined;
    return members ? { readers: members.map(({ userId }) => userId) } : {};
  }
}
