import type { User as UserCaller } from "../../domain/access.ts";
import { loginOf } from "../../domain/account.ts";
import { INBOX_ID, newChecklist } from "../../domain/checklist.ts";
import { refuse, TodosError } from "../../domain/errors.ts";
import { ANYONE } from "../caller.ts";
import { setDefaultOwner } from "../commands.ts";
import { createOwned } from "../owned-checklists.ts";
import type { Awaitable, Slice } from "../ports.ts";
import { notFound } from "../written.ts";
import { Admins } from "./admins.ts";
import type { AccountParts } from "./deps.ts";
import { EVERYBODY, type LoginClaim, type StoredRecord, type User, type UserRole } from "./records.ts";

/** A claim of a login whose user was never created: its maker was stopped in between. */
const CLAIM_ABANDONED_AFTER_MS = 60_000;

export interface NewUser {
  /** In the form in which logins are kept. */
  readonly login: string;
  readonly name?: string | undefined;
  readonly role: UserRole;
  /** A hash; absent: there is no way in by password yet. */
  readonly password?: string | undefined;
  /** Default: a new one. */
  readonly inboxId?: string;
  /** Is here already, by another way than a password. */
  readonly arrived?: true;
}

export interface UserChange {
  readonly role?: UserRole;
  readonly disabled?: boolean;
}

/** Those who have an account. */
export class Users {
  readonly admins: Admins;

  constructor(private readonly parts: AccountParts) {
    this.admins = new Admins(parts.book);
  }

  find(id: string): Awaitable<StoredRecord<User> | undefined> {
    return this.parts.book.find("user", id);
  }

  /** @throws TodosError not-found */
  async get(id: string): Promise<User> {
    const found = await this.find(id);
    if (!found) throw notFound("user");
    return found.value;
  }

  /** Reads the store equally often whether or not there is such a user: the time must not tell. */
  async findByLogin(given: string): Promise<User | undefined> {
    const login = loginOf(given) ?? "";
    const claim = await this.parts.book.find("login", login);
    const found = await this.find(claim?.value.userId ?? "");
    return found?.value.login === login ? found.value : undefined;
  }

  list(after: string | undefined, limit: number): Awaitable<Slice<StoredRecord<User>>> {
    return this.parts.book.list("user", EVERYBODY, after, limit);
  }

  async isEmpty(): Promise<boolean> {
    const { items, next } = await this.list(undefined, 1);
    return items.length === 0 && next === undefined;
  }

  /**
   * The login is claimed first, so that of two who want it one gets it.
   * @throws TodosError conflict
   */
  async create({ login, name, role, password, inboxId, arrived }: NewUser): Promise<User> {
    const { ids, clock, book } = this.parts;
    const now = clock.now();
    const id = ids.next();
    await this.claim(login, { userId: id, claimedAt: now });
    const user: User = {
      id,
      login,
      name: name?.trim() || login,
      role,
      disabled: false,
      ...(password === undefined ? {} : { password }),
      sessionEpoch: 1,
      inboxId: inboxId ?? ids.next(),
      ...(arrived === undefined ? {} : { arrived }),
      createdAt: now,
      updatedAt: now,
    };
    if (!(await book.add("user", { key: id, owner: EVERYBODY, value: user })))
      throw new TypeError("a new id is taken");
    if (role === "admin") await this.admins.add(id);
    await this.haveInbox(user);
    return user;
  }

  /** Makes the user's inbox if there is none: the process that made the user may have ended before that. */
  async haveInbox(user: User): Promise<void> {
    const { store, clock } = this.parts;
    if ((await store.roleOn(user.inboxId, user.id)) === "owner") return;
    // The inbox of the time without accounts, and all lists of that time, are the first user's.
    if (user.inboxId === INBOX_ID) {
      await store.write(setDefaultOwner(ANYONE, { userId: user.id }));
      return;
    }
    const row = newChecklist(user.inboxId, "Inbox", clock.now());
    await createOwned(store, callerFor(user), row);
  }

  /** @throws TodosError not-found, conflict for the last admin */
  async change(id: string, { role, disabled }: UserChange): Promise<User> {
    const { book, clock } = this.parts;
    const before = await this.get(id);
    const after = { role: role ?? before.role, disabled: disabled ?? before.disabled };
    const staysAdmin = isActiveAdmin(after);
    if (!staysAdmin && isActiveAdmin(before)) await this.admins.remove(id);
    if (before.disabled && !after.disabled) await this.endAccess(id);
    const changed = await book.change("user", id, (user) => ({
      ...user,
      ...after,
      // Every session ends with the epoch in which it was made.
      sessionEpoch: user.sessionEpoch + (after.disabled ? 1 : 0),
      updatedAt: clock.now(),
    }));
    if (!changed) throw notFound("user");
    if (staysAdmin) await this.admins.add(id);
    if (after.disabled) await this.endAccess(id);
    return changed.value;
  }

  /** Notes, once, that the user came in by another way than a password. */
  async noteArrival(user: User): Promise<void> {
    if (isAwaited(user)) await this.parts.book.change("user", user.id, (now) => ({ ...now, arrived: true }));
  }

  /** Notes who gets the lists of a user who is being removed. */
  async appoint(id: string, heirId: string | undefined): Promise<void> {
    const changed = await this.parts.book.change("user", id, ({ heirId: _, ...user }) => ({
      ...user,
      ...(heirId === undefined ? {} : { heirId }),
    }));
    if (!changed) throw notFound("user");
  }

  async rename(id: string, name: string): Promise<User> {
    const updatedAt = this.parts.clock.now();
    const changed = await this.parts.book.change("user", id, (user) => ({
      ...user,
      name: name.trim(),
      updatedAt,
    }));
    if (!changed) throw notFound("user");
    return changed.value;
  }

  /** A new hash ends every session that there is. */
  async setPassword(id: string, password: string, name?: string): Promise<User> {
    const updatedAt = this.parts.clock.now();
    const changed = await this.parts.book.change("user", id, (user) => ({
      ...user,
      ...(name === undefined ? {} : { name: name.trim() }),
      password,
      sessionEpoch: user.sessionEpoch + 1,
      updatedAt,
    }));
    if (!changed) throw notFound("user");
    await this.parts.book.removeAll("session", id);
    return changed.value;
  }

  /** Removes everything that lets somebody in as this user. */
  async endAccess(id: string): Promise<void> {
    for (const kind of ["session", "token", "once"] as const) await this.parts.book.removeAll(kind, id);
  }

  /** Removes the user and what it had, but for its lists. The user goes last, so that it can be tried again. */
  async remove(user: User): Promise<void> {
    const { book } = this.parts;
    await this.change(user.id, { disabled: true });
    for (const kind of ["passkey", "identity", "invitation"] as const) await book.removeAll(kind, user.id);
    const claim = await book.find("login", user.login);
    if (claim?.value.userId === user.id) await book.remove("login", claim);
    const found = await this.find(user.id);
    if (found) await book.remove("user", found);
  }

  private async claim(login: string, claim: LoginClaim): Promise<void> {
    const { book } = this.parts;
    if (await book.add("login", { key: login, owner: EVERYBODY, value: claim })) return;
    const taken = await book.find("login", login);
    const isAbandoned =
      taken !== undefined &&
      claim.claimedAt - taken.value.claimedAt >= CLAIM_ABANDONED_AFTER_MS &&
      !(await this.find(taken.value.userId));
    if (isAbandoned && (await book.replace("login", taken, claim))) return;
    throw new TodosError("conflict", "A user with this login already exists.", {
      violations: [{ pointer: "/login", detail: "is taken" }],
    });
  }
}

/** Whether the user has an account, and has never come in. A password, or an end of sessions, shows that somebody did. */
export function isAwaited({ password, sessionEpoch, arrived }: User): boolean {
  return password === undefined && sessionEpoch === 1 && arrived === undefined;
}

function isActiveAdmin({ role, disabled }: Pick<User, "role" | "disabled">): boolean {
  return role === "admin" && !disabled;
}

/** What the service does in the user's name. */
export function callerFor(user: User): UserCaller {
  const { id, login, name, role, inboxId } = user;
  return { kind: "user", id, login, name, role, inboxId, way: "session" };
}

/** A login in the form in which it is kept. @throws TodosError validation-failed */
export function checkedLogin(given: string, detail: (given: string) => string | undefined): string {
  return loginOf(given) ?? refuse([{ pointer: "/login", detail: detail(given) ?? "is no login" }]);
}
