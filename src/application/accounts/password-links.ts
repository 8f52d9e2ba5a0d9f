import type { User as UserCaller } from "../../domain/access.ts";
import { userNameProblem } from "../../domain/account.ts";
import { refuse, TodosError } from "../../domain/errors.ts";
import { sha256 } from "../../lib/sha256.ts";
import { notFound } from "../written.ts";
import type { Origin } from "./audit.ts";
import type { AccountParts } from "./deps.ts";
import { newPasswordHash } from "./new-password.ts";
import { checkRecent } from "./recent.ts";
import type { Once, StoredRecord, User } from "./records.ts";
import { newSecret } from "./secrets.ts";
import type { Sessions, SignedIn } from "./sessions.ts";
import type { SignIn } from "./sign-in.ts";
import type { Users } from "./users.ts";

const PURPOSE = "password";
const PASSWORD_LINK_DAYS = 7;

export interface LinkUse {
  readonly password: string;
  readonly name?: string | undefined;
  /** Of the second factor, where the user has one: a link does not go around it. */
  readonly code?: string | undefined;
}

/** Links that work once, to choose a password: for new users, and for those who forgot theirs. */
export class PasswordLinks {
  constructor(
    private readonly parts: AccountParts,
    private readonly users: Users,
    private readonly sessions: Sessions,
    private readonly signIn: SignIn,
  ) {}

  /** Earlier links of the user end. @returns the secret, which is part of the link */
  async make(user: User): Promise<string> {
    const { book, random, clock } = this.parts;
    for (const each of await book.all("once", user.id))
      if (each.value.purpose === PURPOSE) await book.remove("once", each);
    const secret = newSecret(random);
    const now = clock.now();
    await book.add("once", {
      key: sha256(secret),
      owner: user.id,
      value: { purpose: PURPOSE, userId: user.id, createdAt: now },
      expiresAt: now + PASSWORD_LINK_DAYS * 86_400_000,
    });
    return secret;
  }

  /**
   * For somebody else: who has the link gets in as that user, so an admin's open or stolen session must not be enough.
   * @returns the user, and the secret of the link
   * @throws TodosError not-found, forbidden, conflict for a user who is locked out, whom no link lets in
   */
  async makeFor(
    admin: UserCaller,
    userId: string,
    from: string | undefined,
  ): Promise<{ readonly user: User; readonly secret: string }> {
    const user = await this.users.get(userId);
    await checkRecent(this.parts, admin);
    if (user.disabled)
      throw new TodosError("conflict", "The user is locked out. Let the user in again before making a link.");
    const secret = await this.make(user);
    this.parts.audit.tell("link made", { who: admin.login, from, on: user.login });
    return { user, secret };
  }

  /** Whom the link is for. Looking does not use it up. @throws TodosError not-found */
  async look(secret: string): Promise<User> {
    return (await this.found(secret)).user;
  }

  /** @throws TodosError not-found, validation-failed, second-factor-required, unauthenticated */
  async use(secret: string, { password, name, code }: LinkUse, from: Origin): Promise<SignedIn> {
    const { book, passwords, audit } = this.parts;
    const { once, user } = await this.found(secret);
    const problem = name === undefined ? undefined : userNameProblem(name);
    if (problem !== undefined) refuse([{ pointer: "/name", detail: problem }]);
    const hash = await newPasswordHash(passwords, password, user.login);
    await this.signIn.checkSecondFactor(user, code, from);
    if (!(await book.remove("once", once))) throw notFound("resource");
    const changed = await this.users.setPassword(user.id, hash, name);
    await this.users.haveInbox(changed);
    audit.tell("link used", { who: user.login, from: from.address });
    return this.sessions.open(changed, "link", from);
  }

  private async found(secret: string): Promise<{ once: StoredRecord<Once>; user: User }> {
    const once = await this.parts.book.find("once", sha256(secret));
    const { purpose, userId } = once?.value ?? {};
    const user = purpose === PURPOSE && userId !== undefined ? await this.users.find(userId) : undefined;
    if (!once || !user || user.value.disabled) throw notFound("resource");
    return { once, user: user.value };
  }
}
