import type { User as UserCaller } from "../../domain/access.ts";
import { LOGIN_CHARS_MAX, loginOf, userNameProblem } from "../../domain/account.ts";
import { TodosError } from "../../domain/errors.ts";
import { sha256 } from "../../lib/sha256.ts";
import { notFound } from "../written.ts";
import type { Origin } from "./audit.ts";
import type { AccountParts } from "./deps.ts";
import type { IssuedIdentity } from "./ports.ts";
import { checkRecent } from "./recent.ts";
import type { Identity, StoredRecord, User, UserRole } from "./records.ts";
import type { Users } from "./users.ts";

/** What a provider's users may become here. */
export interface ProviderRules {
  /** Whether somebody whom nobody here knows becomes a user by signing in there. */
  readonly signUp: boolean;
  /** Users who signed up that way are admins while they are in this group. */
  readonly adminGroup: string | undefined;
}

/** `ann`, `ann-2`, … */
const LOGINS_TRIED = 20;
const SUFFIX_CHARS_MAX = 4;

/** Which user is whom at the provider: by issuer and subject alone. Names and addresses there belong to anyone. */
export class Identities {
  constructor(
    private readonly parts: AccountParts,
    private readonly users: Users,
    private readonly rules: ProviderRules,
  ) {}

  /** The user whose identity that is, or who becomes one by it. Nothing: nobody is, and nobody becomes one. */
  async userOf(identity: IssuedIdentity, from: Origin): Promise<User | undefined> {
    const key = keyOf(identity);
    const found = await this.parts.book.find("identity", key);
    const user = found && (await this.users.find(found.value.userId));
    if (!found || !user) return this.rules.signUp ? this.signedUp(identity, found, from) : undefined;
    if (user.value.disabled) return undefined;
    await this.noteUse(found);
    await this.users.noteArrival(user.value);
    return found.value.signedUp ? this.withRole(user.value, identity) : user.value;
  }

  /** As for an API client: it makes nobody, and changes nothing. */
  async knownUser(identity: IssuedIdentity): Promise<User | undefined> {
    const found = await this.parts.book.find("identity", keyOf(identity));
    const user = found && (await this.users.find(found.value.userId));
    return user?.value.disabled ? undefined : user?.value;
  }

  /** @throws TodosError conflict if it is another user's */
  async link(caller: UserCaller, identity: IssuedIdentity, from: Origin): Promise<void> {
    const { book, audit } = this.parts;
    const key = keyOf(identity);
    if (!(await book.add("identity", { key, owner: caller.id, value: this.made(identity, caller.id) }))) {
      const taken = await book.find("identity", key);
      if (taken?.value.userId === caller.id) return;
      throw new TodosError("conflict", "This identity belongs to another user here.");
    }
    audit.tell("identity linked", { who: caller.login, from: from.address, on: identity.issuer });
  }

  /** With the ids by which they can be removed. */
  async list(userId: string): Promise<readonly (Identity & { readonly id: string })[]> {
    return (await this.parts.book.all("identity", userId)).map(({ key, value }) => ({ ...value, id: key }));
  }

  /** @throws TodosError not-found, forbidden, conflict for the last way in */
  async remove(caller: UserCaller, id: string, from: Origin): Promise<void> {
    const { book, audit } = this.parts;
    const found = await book.find("identity", id);
    if (found?.value.userId !== caller.id) throw notFound("identity");
    await checkRecent(this.parts, caller);
    const [user, passkeys, identities] = await Promise.all([
      this.users.get(caller.id),
      book.all("passkey", caller.id),
      book.all("identity", caller.id),
    ]);
    if (user.password === undefined && passkeys.length === 0 && identities.length === 1)
      throw new TodosError("conflict", "This is your only way to sign in. Choose a password first.");
    if (!(await book.remove("identity", found))) throw notFound("identity");
    audit.tell("identity removed", { who: caller.login, from: from.address, on: found.value.issuer });
  }

  /** @param abandoned an identity whose user is gone */
  private async signedUp(
    identity: IssuedIdentity,
    abandoned: StoredRecord<Identity> | undefined,
    from: Origin,
  ): Promise<User | undefined> {
    const { book, audit } = this.parts;
    if (abandoned) await book.remove("identity", abandoned);
    const user = await this.newUser(identity);
    const key = keyOf(identity);
    const value = { ...this.made(identity, user.id), signedUp: true };
    if (!(await book.add("identity", { key, owner: user.id, value }))) {
      // The same person came twice at once, and the other one was first.
      await this.users.remove(user);
      return this.knownUser(identity);
    }
    audit.tell("user made", { who: user.login, from: from.address, on: identity.issuer, role: user.role });
    return user;
  }

  /** Its login is like that at the provider, if there is none of that name: a name there gives no claim to one here. */
  private async newUser(identity: IssuedIdentity): Promise<User> {
    const wanted = newLogin(identity.login ?? "");
    const name =
      identity.name !== undefined && userNameProblem(identity.name) === undefined ? identity.name : undefined;
    const role = this.roleIn(identity) ?? "user";
    const user = { name, role, arrived: true } as const;
    for (let nth = 1; nth <= LOGINS_TRIED; nth++) {
      try {
        return await this.users.create({ ...user, login: nth === 1 ? wanted : `${wanted}-${nth}` });
      } catch (error) {
        if (!(error instanceof TodosError) || error.code !== "conflict") throw error;
      }
    }
    return this.users.create({ ...user, login: this.parts.ids.next() });
  }

  private async withRole(user: User, identity: IssuedIdentity): Promise<User> {
    const role = this.roleIn(identity);
    if (role === undefined || role === user.role) return user;
    try {
      return await this.users.change(user.id, { role });
    } catch (error) {
      // The last admin stays one: somebody must be.
      if (error instanceof TodosError && error.code === "conflict") return user;
      throw error;
    }
  }

  private roleIn({ groups }: IssuedIdentity): UserRole | undefined {
    const { adminGroup } = this.rules;
    if (adminGroup === undefined || groups === undefined) return undefined;
    return groups.includes(adminGroup) ? "admin" : "user";
  }

  private made({ issuer, subject }: IssuedIdentity, userId: string): Identity {
    const now = this.parts.clock.now();
    return { userId, issuer, subject, createdAt: now, lastUsedAt: now };
  }

  private async noteUse(found: StoredRecord<Identity>): Promise<void> {
    await this.parts.book.replace("identity", found, { ...found.value, lastUsedAt: this.parts.clock.now() });
  }
}

function keyOf({ issuer, subject }: IssuedIdentity): string {
  return sha256(JSON.stringify([issuer, subject]));
}

function newLogin(wanted: string): string {
  const plain = wanted.toLowerCase().replaceAll(/[^a-z0-9._@+-]+/g, "-");
  return loginOf(plain.slice(0, LOGIN_CHARS_MAX - SUFFIX_CHARS_MAX)) ?? "user";
}
