import { sha256 } from "../../lib/sha256.ts";
import type { Caller } from "../caller.ts";
import { notFound } from "../written.ts";
import type { Origin } from "./audit.ts";
import type { AccountParts } from "./deps.ts";
import { sessionEnd } from "./lifetimes.ts";
import type { Session, StoredRecord, User } from "./records.ts";
import { newSecret } from "./secrets.ts";
import { callerFor } from "./users.ts";

/** Past this the session of a user that was not used for longest ends. */
export const SESSIONS_PER_USER_MAX = 100;
const AGENT_CHARS_MAX = 200;

/** How somebody has shown who they are. */
export type SignInWay = "set-up" | "password" | "passkey" | "oidc" | "link";

/** Somebody has signed in. */
export interface SignedIn {
  readonly user: User;
  /** Known to nobody but the browser that gets it, and new at every sign-in. */
  readonly secret: string;
  readonly session: Session;
  readonly caller: Caller;
}

export class Sessions {
  constructor(private readonly parts: AccountParts) {}

  /** @param before who the same browser was until now; that session ends */
  async open(user: User, way: SignInWay, from: Origin, before?: Caller): Promise<SignedIn> {
    const { book, random, ids, clock, lifetimes } = this.parts;
    const now = clock.now();
    const secret = newSecret(random);
    const session: Session = {
      id: ids.next(),
      userId: user.id,
      epoch: user.sessionEpoch,
      createdAt: now,
      lastUsedAt: now,
      way,
      ...(from.agent === undefined ? {} : { agent: from.agent.slice(0, AGENT_CHARS_MAX).toWellFormed() }),
    };
    await this.makeRoom(user.id);
    const expiresAt = sessionEnd(session, lifetimes, now);
    const isNew = await book.add("session", {
      key: sha256(secret),
      owner: user.id,
      value: session,
      expiresAt,
    });
    if (!isNew) throw new TypeError("a new secret is taken");
    if (before?.kind === "user" && before.session !== undefined)
      await this.endIfThere(before.id, before.session);
    return { user, secret, session, caller: { ...callerFor(user), session: session.id } };
  }

  /** Those that have not ended, the newest first. */
  async list(userId: string): Promise<readonly Session[]> {
    const stored = await this.parts.book.all("session", userId);
    return stored
      .map(({ value }) => value)
      .sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
  }

  /** @throws TodosError not-found */
  async end(userId: string, id: string): Promise<void> {
    const found = await this.findById(userId, id);
    if (!found || !(await this.parts.book.remove("session", found))) throw notFound("session");
  }

  async endOthers(userId: string, but: string | undefined): Promise<void> {
    const kept = but === undefined ? undefined : await this.findById(userId, but);
    await this.parts.book.removeAll("session", userId, kept?.key);
  }

  private async findById(userId: string, id: string): Promise<StoredRecord<Session> | undefined> {
    return (await this.parts.book.all("session", userId)).find(({ value }) => value.id === id);
  }

  private async endIfThere(userId: string, id: string): Promise<void> {
    const found = await this.findById(userId, id);
    if (found) await this.parts.book.remove("session", found);
  }

  private async makeRoom(userId: string): Promise<void> {
    const all = await this.parts.book.all("session", userId);
    const tooMany = all.length - SESSIONS_PER_USER_MAX + 1;
    if (tooMany <= 0) return;
    const longestUnused = [...all].sort((a, b) => a.value.lastUsedAt - b.value.lastUsedAt).slice(0, tooMany);
    for (const each of longestUnused) await this.parts.book.remove("session", each);
  }
}
