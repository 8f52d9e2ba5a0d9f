import type { User as UserCaller } from "../../domain/access.ts";
import type { Checklist } from "../../domain/checklist.ts";
import { refuse, TodosError } from "../../domain/errors.ts";
import type { Member, MemberRole } from "../../domain/membership.ts";
import { UNGUARDED } from "../../domain/version.ts";
import { setMember, setOwner } from "../commands.ts";
import { notFound } from "../written.ts";
import type { AccountParts } from "./deps.ts";
import type { Invitations } from "./invitations.ts";
import {
  memberWritten,
  type SharedList,
  sharedList,
  undisturbed,
  writeMember,
  writeOwner,
} from "./shared-list.ts";
import type { Users } from "./users.ts";

/** A member as others see it. */
export interface NamedMember extends Member {
  readonly login: string;
  readonly name: string;
}

/** @property role of the owner up to now */
export interface Gift {
  readonly login: string;
  readonly role: MemberRole;
}

/** Who else has a list. */
export class Members {
  constructor(
    private readonly parts: AccountParts,
    private readonly users: Users,
    private readonly invitations: Invitations,
  ) {}

  /** The owner first. @throws TodosError not-found */
  async list(checklistId: string): Promise<readonly NamedMember[]> {
    return this.named(await sharedList(this.parts, checklistId));
  }

  /** @throws TodosError not-found */
  async get(checklistId: string, userId: string): Promise<NamedMember> {
    const { list, members } = await sharedList(this.parts, checklistId);
    const [found] = await this.named({
      list,
      members: members.filter((member) => member.userId === userId),
    });
    if (!found) throw notFound("member");
    return found;
  }

  /** @throws TodosError not-found, conflict for the owner */
  async setRole(
    caller: UserCaller,
    checklistId: string,
    userId: string,
    role: MemberRole,
    from: string,
  ): Promise<NamedMember> {
    const { login, name } = await this.get(checklistId, userId);
    const change = { id: checklistId, userId, role, isMember: true, guard: UNGUARDED };
    memberWritten(await writeMember(this.parts, setMember(caller, change)));
    this.parts.audit.tell("member changed", { who: caller.login, from, on: checklistId, user: login, role });
    return { userId, login, name, role };
  }

  /** An invitation that is left over goes first: it must not let in again who was removed. @throws TodosError not-found, conflict for the owner */
  async remove(caller: UserCaller, checklistId: string, userId: string, from: string): Promise<void> {
    const { login } = await this.get(checklistId, userId);
    await this.invitations.withdraw(checklistId, userId);
    const change = { id: checklistId, userId, guard: UNGUARDED };
    memberWritten(await writeMember(this.parts, setMember(caller, change)));
    const act = userId === caller.id ? "member left" : "member removed";
    this.parts.audit.tell(act, { who: caller.login, from, on: checklistId, user: login });
  }

  /**
   * Gives the list to another member. Nobody gets a list without having agreed to be part of it.
   * @throws TodosError not-found, validation-failed, conflict for the inbox
   */
  async give(caller: UserCaller, id: string, { login, role }: Gift, from: string): Promise<Checklist> {
    if (id === caller.inboxId)
      throw new TodosError("conflict", "The inbox can't be given away. You can move its tasks.");
    const list = await undisturbed(async () => {
      const shared = await sharedList(this.parts, id);
      const heir = await this.heir(shared, login);
      const guard = { anyOf: [shared.list.version] };
      const gift = setOwner(caller, { id, userId: heir, from: caller.id, role, guard });
      const written = await writeOwner(this.parts, gift);
      return written.outcome === "stale" ? undefined : memberWritten(written);
    });
    this.parts.audit.tell("owner changed", { who: caller.login, from, on: id, user: login, role });
    return list;
  }

  private async heir(shared: SharedList, login: string): Promise<string> {
    const named = await this.named(shared);
    const found = named.find((member) => member.role !== "owner" && member.login === login.toLowerCase());
    const user = found && (await this.users.find(found.userId));
    if (!user || user.value.disabled)
      refuse([{ pointer: "/login", detail: "must be the login of a member who can sign in" }]);
    return user.key;
  }

  /** Users who are being removed are left out. */
  private async named({ members }: SharedList): Promise<readonly NamedMember[]> {
    const users = await Promise.all(members.map(({ userId }) => this.users.find(userId)));
    return members.flatMap((member, index) => {
      const user = users[index]?.value;
      return user ? [{ ...member, login: user.login, name: user.name }] : [];
    });
  }
}
