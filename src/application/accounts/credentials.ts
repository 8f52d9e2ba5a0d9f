import type { Caller, Guest } from "../../domain/access.ts";
import { sha256 } from "../../lib/sha256.ts";
import { then } from "../../lib/then.ts";
import { NOBODY } from "../caller.ts";
import type { Awaitable, Log } from "../ports.ts";
import type { AccountParts } from "./deps.ts";
import type { ForeignCredentials } from "./foreign-credentials.ts";
import { hasEnded, isUseToBeNoted, sessionEnd } from "./lifetimes.ts";
import type { Given } from "./ports.ts";
import type { ApiToken, Session, ShareLink, StoredRecord, User } from "./records.ts";
import { isSecret, isToken } from "./secrets.ts";

type Recorded<T> = StoredRecord<T> | undefined;

/** Finds out who sends a request. It asks the store each time: what has ended has ended for the next request. */
export class Credentials {
  /** Keys of records whose use is being noted. */
  private readonly noting = new Set<string>();

  constructor(
    private readonly parts: AccountParts,
    private readonly foreign: ForeignCredentials,
    private readonly log: Log,
  ) {}

  /** The caller; nobody where the secret is unknown, has ended, or belongs to a disabled user. */
  resolve({ session, bearer, vouched }: Given): Awaitable<Caller> {
    const { book } = this.parts;
    if (bearer !== undefined) {
      if (!isToken(bearer)) return this.foreign.byJwt(bearer);
      return then(book.find("token", sha256(bearer)), (found) => this.byToken(found));
    }
    if (vouched !== undefined && vouched.kind !== "nothing") return this.foreign.byProxy(vouched);
    if (session === undefined || !isSecret(session)) return NOBODY;
    const key = sha256(session);
    return then(book.find("session", key), (found) => (found ? this.bySession(found) : this.byLink(key)));
  }

  private bySession(found: StoredRecord<Session>): Awaitable<Caller> {
    if (hasEnded(found.value, this.parts.lifetimes, this.parts.clock.now())) return NOBODY;
    const { value: session } = found;
    return then(this.parts.book.find("user", session.userId), (user) => {
      if (!user || user.value.disabled || user.value.sessionEpoch !== session.epoch) return NOBODY;
      this.noteSession(found);
      return { ...callerOf(user.value), way: "session", session: session.id };
    });
  }

  private byToken(found: Recorded<ApiToken>): Awaitable<Caller> {
    const now = this.parts.clock.now();
    if (!found || now >= (found.value.expiresAt ?? Number.POSITIVE_INFINITY)) return NOBODY;
    const { value: token } = found;
    return then(this.parts.book.find("user", token.userId), (user) => {
      if (!user || user.value.disabled) return NOBODY;
      this.noteToken(found);
      const { scopes, checklists } = token;
      return {
        ...callerOf(user.value),
        way: "token",
        scopes,
        ...(checklists === undefined ? {} : { checklists }),
      };
    });
  }

  /** A guest's cookie has the secret of the link: when the link ends, nothing else is left of it. */
  private byLink(key: string): Awaitable<Caller> {
    return then(this.parts.book.find("link", key), (found) => (found ? guestWith(found.value) : NOBODY));
  }

  private noteSession(found: StoredRecord<Session>): void {
    const { clock, book, lifetimes } = this.parts;
    const now = clock.now();
    if (!isUseToBeNoted(found.value.lastUsedAt, now)) return;
    const used = { ...found.value, lastUsedAt: now };
    this.inBackground(found.key, () => book.note("session", found, used, sessionEnd(used, lifetimes, now)));
  }

  private noteToken(found: StoredRecord<ApiToken>): void {
    const now = this.parts.clock.now();
    if (!isUseToBeNoted(found.value.lastUsedAt, now)) return;
    const used = { ...found.value, lastUsedAt: now };
    this.inBackground(found.key, () => this.parts.book.note("token", found, used));
  }

  /** The request does not wait for it, and nothing is lost where it fails: the next request notes it. */
  private inBackground(key: string, note: () => Promise<void>): void {
    // Requests that come in the meantime have seen the same record.
    if (this.noting.has(key)) return;
    this.noting.add(key);
    note()
      .catch((error: unknown) => this.log.warn("the use of a session or token was not noted", { error }))
      .finally(() => this.noting.delete(key));
  }
}

/** Anyone who has the link. */
export function guestWith({ id, checklistId, role }: ShareLink): Guest {
  return { kind: "guest", link: id, checklistId, role };
}

function callerOf({ id, login, name, role, inboxId }: User) {
  return { kind: "user", id, login, name, role, inboxId } as const;
}
