import { TodosError } from "../../domain/errors.ts";
import type { Caller } from "../caller.ts";
import type { Origin } from "./audit.ts";
import type { AccountParts } from "./deps.ts";
import type { Attempt } from "./guesses.ts";
import type { User } from "./records.ts";
import type { Sessions, SignedIn } from "./sessions.ts";
import type { Users } from "./users.ts";

export interface PasswordSignIn {
  readonly login: string;
  readonly password: string;
  /** Of the second factor. */
  readonly code?: string | undefined;
}

/** Signing in with login and password. */
export class SignIn {
  constructor(
    private readonly parts: AccountParts,
    private readonly users: Users,
    private readonly sessions: Sessions,
  ) {}

  /**
   * Does not tell a wrong login from a wrong password, neither by the answer nor by its time.
   * @param before who the same browser was until now
   * @throws TodosError unauthenticated, second-factor-required, too-many-requests, overloaded
   */
  async withPassword(given: PasswordSignIn, from: Origin, before?: Caller): Promise<SignedIn> {
    const attempt = this.parts.guesses.attempt(`login ${given.login.toLowerCase()}`, from.address);
    const user = await settled(attempt, () => this.checked(given, from));
    await this.users.haveInbox(user);
    const signedIn = await this.sessions.open(user, "password", from, before);
    this.parts.audit.tell("sign-in", { who: user.login, from: from.address, way: "password" });
    return signedIn;
  }

  /**
   * Whether that is the user's password, for somebody who is signed in. Those who guess from elsewhere don't slow it down.
   * @throws TodosError too-many-requests, overloaded
   */
  async checkPassword(userId: string, password: string, from: Origin): Promise<boolean> {
    const { guesses, passwords, audit } = this.parts;
    const user = await this.users.get(userId);
    const attempt = guesses.attempt(`user ${userId}`, `${from.address} ${userId}`);
    const isGood = await isRight(attempt, () => passwords.verify(password, user.password));
    if (!isGood) audit.tell("password refused", { who: user.login, from: from.address });
    return isGood;
  }

  private async checked({ login, password, code }: PasswordSignIn, from: Origin): Promise<User> {
    const { passwords, audit } = this.parts;
    const user = await this.users.findByLogin(login);
    const isGood = await passwords.verify(password, user?.password);
    if (!user || !isGood || user.disabled) {
      audit.tell("sign-in refused", { who: user?.login, from: from.address, way: "password" });
      throw new TodosError("unauthenticated", "The login or the password is wrong.");
    }
    await this.checkSecondFactor(user, code, from);
    return user;
  }

  /** @throws TodosError second-factor-required, unauthenticated */
  async checkSecondFactor(user: User, code: string | undefined, from: Origin): Promise<void> {
    if (user.totp?.confirmed !== true) return;
    if (code === undefined)
      throw new TodosError("second-factor-required", "A code is also required. Send it as code.");
    if (await this.parts.secondFactor.accepts(user, code)) return;
    this.parts.audit.tell("sign-in refused", { who: user.login, from: from.address, way: "code" });
    throw new TodosError("unauthenticated", "The code is wrong, or was used before.");
  }
}

/** A missing code is no wrong guess: login and password were right. */
async function settled<T>(attempt: Attempt, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work();
    attempt.settle("right");
    return result;
  } catch (error) {
    attempt.settle(error instanceof TodosError && error.code === "unauthenticated" ? "wrong" : "undecided");
    throw error;
  }
}

async function isRight(attempt: Attempt, work: () => Promise<boolean>): Promise<boolean> {
  try {
    const isGood = await work();
    attempt.settle(isGood ? "right" : "wrong");
    return isGood;
  } catch (error) {
    attempt.settle("undecided");
    throw error;
  }
}
