import type { Checklist } from "../../domain/checklist.ts";
import { TodosError } from "../../domain/errors.ts";
import { MEMBERS_MAX, type Member } from "../../domain/membership.ts";
import { announcedWrite } from "../announced.ts";
import type { Command, MemberWritten, OwnerWritten } from "../commands.ts";
import { notFound, rowWritten } from "../written.ts";
import type { AccountParts } from "./deps.ts";

type Parts = Pick<AccountParts, "store" | "feed">;

/** How often a decision is made again because somebody else changed the list at the same time. */
const ATTEMPTS_MAX = 16;

/** A list that is not in the trash, and who has which part in it. */
export interface SharedList {
  readonly list: Checklist;
  readonly members: readonly Member[];
}

/**
 * The list is read first: a write on the condition of its version then fails if members have changed since.
 * @throws TodosError not-found
 */
export async function sharedList({ store }: Pick<Parts, "store">, id: string): Promise<SharedList> {
  const list = await store.findChecklist(id);
  const members = list && (await store.listMembers(id));
  if (!members) throw notFound("checklist");
  return { list, members };
}

/**
 * Tries until nobody has changed the list between the decision and the write.
 * @param attempt returns undefined if its write found the list changed
 * @throws TodosError overloaded
 */
export async function undisturbed<T>(attempt: () => Promise<T | undefined>): Promise<T> {
  for (let attempts = 0; attempts < ATTEMPTS_MAX; attempts++) {
    const done = await attempt();
    if (done !== undefined) return done;
  }
  throw new TodosError("overloaded", "Others keep changing the checklist; nothing was changed.", {
    retryAfterS: 1,
  });
}

/** Writes members or owner. The list gets its next version, which is told as a change of it. */
export function writeMember({ store, feed }: Parts, command: Command<"setMember">): Promise<MemberWritten> {
  return announcedWrite(feed, { type: "checklist.updated", checklistId: command.id }, () =>
    store.write(command),
  );
}

/** As {@link writeMember}. */
export function writeOwner({ store, feed }: Parts, command: Command<"setOwner">): Promise<OwnerWritten> {
  return announcedWrite(feed, { type: "checklist.updated", checklistId: command.id }, () =>
    store.write(command),
  );
}

/** The list as it is now. @throws TodosError not-found, conflict */
export function memberWritten(written: MemberWritten | OwnerWritten): Checklist {
  switch (written.outcome) {
    case "no-member":
      throw notFound("member");
    case "is-owner":
      throw conflict("This is the owner, who has every right. Give the checklist to another member first.");
    case "not-owner":
      throw conflict("The checklist now belongs to somebody else.");
    case "too-many-members":
      throw conflict(
        `A checklist has at most ${MEMBERS_MAX} members, not counting its owner. Remove one first.`,
      );
    default:
      return rowWritten(written, "checklist");
  }
}

function conflict(detail: string): TodosError {
  return new TodosError("conflict", detail);
}
