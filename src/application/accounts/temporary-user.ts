import { sha256 } from "../../lib/sha256.ts";
import type { AccountParts } from "./deps.ts";
import type { ApiToken, User } from "./records.ts";
import { newToken } from "./secrets.ts";

/** Somebody who is there for one piece of work. */
export interface TemporaryUser {
  /** Of a token with the scopes read and write. */
  readonly token: string;
  /** It no longer belongs to anybody. */
  remove(): Promise<void>;
}

/**
 * A user for a program that can write to the store, and must get in by HTTP. It is in no list of users, has no login and
 * no inbox, and does not count as the first user; it always expires.
 * @param purpose for people
 */
export async function temporaryUser(
  { book, clock, ids, random, audit }: Pick<AccountParts, "book" | "clock" | "ids" | "random" | "audit">,
  purpose: string,
  lifeMs: number,
): Promise<TemporaryUser> {
  const now = clock.now();
  const expiresAt = now + lifeMs;
  const user = userFor(purpose, ids.next(), ids.next(), now);
  const secret = newToken(random);
  const token: ApiToken = {
    id: ids.next(),
    userId: user.id,
    name: purpose,
    scopes: ["read", "write"],
    createdAt: now,
    expiresAt,
  };
  // Its own: those of everybody are the users that people see.
  const added = [
    await book.add("user", { key: user.id, owner: user.id, value: user, expiresAt }),
    await book.add("token", { key: sha256(secret), owner: user.id, value: token, expiresAt }),
  ];
  if (added.includes(false)) throw new TypeError("a new id or secret is taken");
  audit.tell("token made", { who: purpose, on: token.id, scopes: token.scopes.join(" ") });
  return {
    token: secret,
    remove: async () => {
      // Its use may be noted at the same time.
      for (const kind of ["token", "user"] as const) await book.removeAll(kind, user.id);
      audit.tell("token revoked", { who: purpose, on: token.id });
    },
  };
}

function userFor(purpose: string, id: string, inboxId: string, now: number): User {
  return {
    id,
    login: id,
    name: purpose,
    role: "user",
    disabled: false,
    sessionEpoch: 1,
    inboxId,
    createdAt: now,
    updatedAt: now,
  };
}
