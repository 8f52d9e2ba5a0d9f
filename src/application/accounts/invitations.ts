import type { User as UserCaller } from "../../domain/access.ts";
import type { Checklist } from "../../domain/checklist.ts";
import { TodosError } from "../../domain/errors.ts";
import type { MemberRole } from "../../domain/membership.ts";
import { UNGUARDED } from "../../domain/version.ts";
import { ANYONE } from "../caller.ts";
import { setMember } from "../commands.ts";
import { isActive } from "../owned-checklists.ts";
import { notFound } from "../written.ts";
import type { AccountParts } from "./deps.ts";
import type { ListInvitation, StoredRecord, User } from "./records.ts";
import { memberWritten, type SharedList, sharedList, undisturbed, writeMember } from "./shared-list.ts";
import type { Users } from "./users.ts";

const INVITATION_DAYS = 30;
const KEPT_MS = INVITATION_DAYS * 86_400_000;
/** Past this the oldest one of a user ends. */
export const INVITATIONS_PER_USER_MAX = 100;
const ATTEMPTS_MAX = 16;

export interface InvitationRequest {
  readonly login: string;
  readonly role: MemberRole;
}

/** An invitation as the invited one sees it. */
export interface ShownInvitation extends ListInvitation {
  /** Of the checklist. */
  readonly name: string;
  readonly inviter: Pick<User, "login" | "name">;
}

/** What makes somebody a member: an owner invites, and the invited one agrees. */
export class Invitations {
  constructor(
    private readonly parts: AccountParts,
    private readonly users: Users,
  ) {}

  /**
   * Where there is nobody to invite it reads and writes as much: neither an answer nor its time tells whether there is
   * such a user.
   * @throws TodosError not-found
   */
  async invite(
    caller: UserCaller,
    checklistId: string,
    { login, role }: InvitationRequest,
    from: string,
  ): Promise<void> {
    const { ids, clock, audit } = this.parts;
    const { members } = await sharedList(this.parts, checklistId);
    const user = await this.users.findByLogin(login);
    const isNew = user && !user.disabled && !members.some(({ userId }) => userId === user.id);
    const userId = isNew ? user.id : "";
    await this.put(isNew ? userId : checklistId, {
      id: ids.next(),
      checklistId,
      userId,
      role,
      invitedBy: caller.id,
      createdAt: clock.now(),
    });
    audit.tell("member invited", { who: caller.login, from, on: checklistId, user: user?.login, role });
  }

  /** The valid ones, in the order in which they were made. */
  async list(userId: string): Promise<readonly ShownInvitation[]> {
    const all = await this.parts.book.all("invitation", userId);
    const shown = await Promise.all(all.map(({ value }) => this.shown(value)));
    return shown
      .filter((each) => each !== undefined)
      .sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  }

  /** @throws TodosError not-found */
  async get(userId: string, id: string): Promise<ShownInvitation> {
    const shown = await this.shown((await this.stored(userId, id)).value);
    if (!shown) throw notFound("invitation");
    return shown;
  }

  /**
   * First the member, then the end of the invitation: a user stopped in between is a member, and can accept again.
   * A user who already has a role in the list keeps it.
   * @throws TodosError not-found, even if its maker no longer owns the list; conflict if the list is full
   */
  async accept(caller: UserCaller, id: string, from: string): Promise<Checklist> {
    const { book, audit } = this.parts;
    const { stored, list } = await undisturbed(async () => {
      const stored = await this.stored(caller.id, id);
      const list = await this.join(caller, stored.value);
      return list && { stored, list };
    });
    await book.remove("invitation", stored);
    await this.leaveAgain(caller, list.id);
    const { checklistId: on, role } = stored.value;
    audit.tell("invitation accepted", { who: caller.login, from, on, role });
    return list;
  }

  /** A removal of the user at the same time may have looked for their lists before. @throws TodosError not-found */
  private async leaveAgain({ id: userId }: UserCaller, id: string): Promise<void> {
    if (await isActive(this.parts.store, userId)) return;
    await writeMember(this.parts, setMember(ANYONE, { id, userId, guard: UNGUARDED }));
    throw notFound("invitation");
  }

  /** @throws TodosError not-found */
  async decline(caller: UserCaller, id: string, from: string): Promise<void> {
    const { checklistId: on } = (await this.stored(caller.id, id)).value;
    await this.withdraw(on, caller.id);
    this.parts.audit.tell("invitation declined", { who: caller.login, from, on });
  }

  /** Ends the one for that user, if there is one. */
  async withdraw(checklistId: string, userId: string): Promise<void> {
    const { book } = this.parts;
    const key = keyOf(checklistId, userId);
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const found = await book.find("invitation", key);
      if (!found || (await book.remove("invitation", found))) return;
    }
  }

  /** @returns undefined if the list changed meanwhile */
  private async join(caller: UserCaller, invitation: ListInvitation): Promise<Checklist | undefined> {
    const shared = await this.standing(invitation);
    if (!shared) throw notFound("invitation");
    const { list, members } = shared;
    if (members.some(({ userId }) => userId === caller.id)) return list;
    const guard = { anyOf: [list.version] };
    const change = { id: list.id, userId: caller.id, role: invitation.role, guard };
    const written = await writeMember(this.parts, setMember(caller, change));
    return written.outcome === "stale" ? undefined : memberWritten(written);
  }

  /** The list, while the invitation is valid. */
  private async standing({ checklistId, invitedBy }: ListInvitation): Promise<SharedList | undefined> {
    const shared = await sharedList(this.parts, checklistId).catch((error: unknown) => {
      if (error instanceof TodosError && error.code === "not-found") return undefined;
      throw error;
    });
    const isOwners = shared?.members.some(({ userId, role }) => role === "owner" && userId === invitedBy);
    return isOwners ? shared : undefined;
  }

  private async shown(invitation: ListInvitation): Promise<ShownInvitation | undefined> {
    const shared = await this.standing(invitation);
    const inviter = shared && (await this.users.find(invitation.invitedBy));
    if (!inviter) return undefined;
    const { login, name } = inviter.value;
    return { ...invitation, name: shared.list.name, inviter: { login, name } };
  }

  private async stored(userId: string, id: string): Promise<StoredRecord<ListInvitation>> {
    const found = (await this.parts.book.all("invitation", userId)).find(({ value }) => value.id === id);
    if (!found) throw notFound("invitation");
    return found;
  }

  /** One for each list and user: another one takes the place of the first, and its address. */
  private async put(owner: string, value: ListInvitation): Promise<void> {
    const { book } = this.parts;
    const key = keyOf(value.checklistId, value.userId);
    const expiresAt = value.createdAt + KEPT_MS;
    await this.makeRoom(owner);
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const found = await book.find("invitation", key);
      const isWritten = found
        ? await book.replace("invitation", found, { ...value, id: found.value.id }, expiresAt)
        : await book.add("invitation", { key, owner, value, expiresAt });
      if (isWritten) return;
    }
    throw new TodosError("overloaded", "Others keep changing it; nothing was changed.", { retryAfterS: 1 });
  }

  private async makeRoom(owner: string): Promise<void> {
    const all = await this.parts.book.all("invitation", owner);
    const oldest = [...all].sort((a, b) => a.value.createdAt - b.value.createdAt);
    for (const each of oldest.slice(0, Math.max(0, all.length - INVITATIONS_PER_USER_MAX + 1)))
      await this.parts.book.remove("invitation", each);
  }
}

/** @param userId empty: nobody's, which stands for one that could not be made */
function keyOf(checklistId: string, userId: string): string {
  return `${checklistId} ${userId}`;
}
