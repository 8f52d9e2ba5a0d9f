import { INBOX_ID } from "../../domain/checklist.ts";
import { refuse, TodosError } from "../../domain/errors.ts";
import { UNGUARDED } from "../../domain/version.ts";
import { announcedWrite } from "../announced.ts";
import { ANYONE } from "../caller.ts";
import { deleteChecklist, discardChecklist, setDefaultOwner, setMember, setOwner } from "../commands.ts";
import type { Awaitable, Slice } from "../ports.ts";
import type { AccountParts } from "./deps.ts";
import type { User } from "./records.ts";
import { undisturbed } from "./shared-list.ts";
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
   * @throws TodosError not-found, validation-failed, conflict for the last admin, for the inbox of the time without
   * accounts, which can't be deleted, and for who is about to get the lists of somebody else
   */
  async remove(id: string, lists: string): Promise<User> {
    const user = await this.users.get(id);
    const heir = lists === DELETE_LISTS ? undefined : await this.heir(id, lists);
    if (!heir && user.inboxId === INBOX_ID)
      throw new TodosError("conflict", "The first inbox can't be deleted. Name a user who gets the lists.");
    await this.refuseIfHeir(id);
    // Nobody makes a list any more that would be left over.
    await this.users.change(id, { disabled: true });
    await this.refuseIfHeir(id);
    await this.appoint(id, heir);
    while (await this.leaveAll(user, heir));
    if (heir && user.inboxId === INBOX_ID)
      await this.parts.store.write(setDefaultOwner(ANYONE, { userId: heir.id, from: id }));
    await this.users.remove(user);
    return user;
  }

  private async heir(id: string, heirId: string): Promise<User> {
    const found = heirId === id ? undefined : await this.users.find(heirId);
    if (!found || found.value.disabled) refuseHeir();
    return found.value;
  }

  /**
   * Two removals at once: each first says what it does, one in the record of the user who goes and one by disabling the
   * user who was to get the lists, and then looks at what the other has said. So no list goes to somebody who is gone.
   */
  private async appoint(id: string, heir: User | undefined): Promise<void> {
    await this.users.appoint(id, heir?.id);
    if (!heir || (await this.users.find(heir.id))?.value.disabled === false) return;
    await this.users.appoint(id, undefined);
    refuseHeir();
  }

  private async refuseIfHeir(id: string): Promise<void> {
    for (let after: string | undefined; ; ) {
      const { items, next } = await this.users.list(after, LISTS_PER_READ);
      const giver = items.find(({ value }) => value.heirId === id);
      if (giver) {
        const detail = `The removal of ${giver.value.login}, which gives lists to this user, is not finished. Repeat it first.`;
        throw new TodosError("conflict", detail);
      }
      if (next === undefined) return;
      after = next;
    }
  }

  /**
   * The trash comes first: what is restored meanwhile is among the rest.
   * @returns whether there was anything
   */
  private async leaveAll(user: User, heir: User | undefined): Promise<boolean> {
    const { store } = this.parts;
    const trashed = await this.each(
      (after) => store.listTrashedChecklists(after, LISTS_PER_READ, user.id),
      ({ row }) => this.leaveTrashed(user, row.id, heir),
    );
    const live = await this.each(
      (after) => store.listChecklistsOf(user.id, after, LISTS_PER_READ),
      ({ id }) => this.leave(user, id, heir),
    );
    return trashed + live > 0;
  }

  private async each<T>(
    read: (after: string | undefined) => Awaitable<Slice<T>>,
    act: (item: T) => Promise<unknown>,
  ): Promise<number> {
    let count = 0;
    for (let after: string | undefined; ; ) {
      const { items, next } = await read(after);
      for (const item of items) await act(item);
      count += items.length;
      if (next === undefined) return count;
      after = next;
    }
  }

  /** Until it is left: somebody may give it to the user at the last moment. */
  private leave(user: User, id: string, heir: User | undefined): Promise<true> {
    const { store } = this.parts;
    return undisturbed(async () => {
      const role = (await store.listMembers(id))?.find(({ userId }) => userId === user.id)?.role;
      if (role === undefined) return true;
      if (role !== "owner") await store.write(setMember(ANYONE, { id, userId: user.id, guard: UNGUARDED }));
      else if (heir) await this.give(user, id, heir);
      else await this.delete(user, id);
      return undefined;
    });
  }

  private async leaveTrashed(user: User, id: string, heir: User | undefined): Promise<void> {
    if (heir) await this.give(user, id, heir);
    else await this.parts.store.write(discardChecklist(callerFor(user), id, UNGUARDED));
  }

  private async give(user: User, id: string, heir: User): Promise<void> {
    await this.parts.store.write(setOwner(ANYONE, { id, userId: heir.id, from: user.id, guard: UNGUARDED }));
  }

  private async delete(user: User, id: string): Promise<void> {
    const { store, feed } = this.parts;
    const readers = (await store.listMembers(id))?.map(({ userId }) => userId) ?? [];
    await announcedWrite(feed, { type: "checklist.deleted", checklistId: id, readers }, () =>
      store.write(deleteChecklist(callerFor(user), id, UNGUARDED)),
    );
  }
}

function refuseHeir(): never {
  refuse([{ pointer: "/query/lists", detail: `must be ${DELETE_LISTS}, or the id of another user` }]);
}
