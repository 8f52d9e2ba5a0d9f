import type { User as UserCaller } from "../../domain/access.ts";
import { TodosError } from "../../domain/errors.ts";
import type { AccountParts } from "./deps.ts";

export const RECENT_MS = 15 * 60_000;

/**
 * Goes on if the caller has signed in not long ago. What changes how somebody gets in needs that: a session that was
 * left open, or stolen, must not become a way in that stays.
 * @throws TodosError forbidden
 */
export async function checkRecent(
  { book, clock }: Pick<AccountParts, "book" | "clock">,
  caller: UserCaller,
): Promise<void> {
  const sessions = caller.session === undefined ? [] : await book.all("session", caller.id);
  const current = sessions.find(({ value }) => value.id === caller.session);
  if (current && clock.now() - current.value.createdAt < RECENT_MS) return;
  throw new TodosError(
    "forbidden",
    "This needs a session that began in the last 15 minutes: sign in again. The right that is missing: recent sign-in.",
  );
}
