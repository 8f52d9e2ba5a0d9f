import { INBOX_ID } from "../../domain/checklist.ts";
import { refuse, TodosError } from "../../domain/errors.ts";
import type { ChecklistOf } from "../../domain/membership.ts";
import { UNGUARDED } from "../../domain/version.ts";
import { announcedWrite } from "../announced.ts";
import { ANYONE } from "../caller.ts";
import { deleteChecklist, setDefaultOwner, setMember, setOwner } from "../commands.ts";
import type { AccountParts } from "./deps.ts";
import type { User } from "./records.ts";
import { callerFor, type Users } from "./users.ts";

const LISTS_PER_READ = 200;
/** Deletes the lists of a user who goes. */
export const DELETE_LISTS = "delete";

/** Removing a user, and what becomes of the lists: it must be said, since nobody could guess. */
export class Removal {
  constructor(
    private readonly parts: AccountParts,
    private readonly users: Users,
  ) {}

  /**
   * Every step can be done again: a removal that was interrupted is finished by the next one.
   * @param lists `delete`, or the id of the user who gets them
   * @throws TodosError not-found, validation-failed, conflict for the last admin, and for the inbox of the time without
   * accounts, which can't be deleted
   */
  async remove(id: string, lists: string): Promise<User> {
    const user = await this.users.get(id);
    const heir = lists === DELETE_LISTS ? undefined : await this.heir(id, lists);
    if (!heir && user.inboxId === INBOX_ID)
      throw new TodosError("conflict", "The first inbox can't be deleted. Name a user who gets the lists.");
    // Nobody makes a list any more that would be left over.
    await this.users.change(id, { disabled: true });
    for (let after: string | undefined; ; ) {
      const { items, next } = await this.parts.store.listChecklistsOf(id, after, LISTS_PER_READ);
      for (const list of items) await this.leave(user, list, heir);
      if (next === undefined) break;
      after = next;
    }
    if (heir && user.inboxId === INBOX_ID)
      await this.parts.store.write(setDefaultOwner(ANYONE, { userId: heir.id, from: id }));
    await this.users.remove(user);
    return user;
  }

  private async heir(id: string, heirId: string): Promise<User> {
    const found = heirId === id ? undefined : await this.users.find(heirId);
    if (!found || found.value.disabled)
      refuse([{ pointer: "/query/lists", detail: `must be ${DELETE_LISTS}, or the id of another user` }]);
    return found.value;
  }

  private async leave(user: User, { id, role }: ChecklistOf, heir: User | undefined): Promise<void> {
    const { store, feed } = this.parts;
    if (role !== "owner") {
      await store.write(setMember(ANYONE, { id, userId: user.id, guard: UNGUARDED }));
    } else if (heir) {
      await store.write(setOwner(ANYONE, { id, userId: heir.id, from: user.id, guard: UNGUARDED }));
    } else {
      const readers = (await store.listMembers(id))?.map(({ userId }) => userId) ?? [];
      await announcedWrite(feed, { type: "checklist.deleted", checklistId: id, readers }, () =>
        store.write(deleteChecklist(callerFor(user), id, UNGUARDED)),
      );
    }
  }
}
