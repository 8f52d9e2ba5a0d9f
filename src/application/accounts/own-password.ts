import type { User as UserCaller } from "../../domain/access.ts";
import { refuse } from "../../domain/errors.ts";
import type { Origin } from "./audit.ts";
import type { AccountParts } from "./deps.ts";
import { checkNewPassword } from "./new-password.ts";
import type { Sessions, SignedIn } from "./sessions.ts";
import type { SignIn } from "./sign-in.ts";
import type { Users } from "./users.ts";

/** Somebody who is signed in changes the password. */
export class OwnPassword {
  constructor(
    private readonly parts: AccountParts,
    private readonly users: Users,
    private readonly sessions: Sessions,
    private readonly signIn: SignIn,
  ) {}

  /**
   * Ends all of the user's sessions.
   * @returns a new session in place of the caller's, if that was one
   * @throws TodosError validation-failed, too-many-requests
   */
  async change(
    caller: UserCaller,
    { current, password }: { readonly current: string | undefined; readonly password: string },
    from: Origin,
  ): Promise<SignedIn | undefined> {
    const { passwords, audit } = this.parts;
    const user = await this.users.get(caller.id);
    await checkNewPassword(passwords, password, user.login);
    if (user.password !== undefined) await this.checkCurrent(user.id, current, from);
    const changed = await this.users.setPassword(user.id, await passwords.hash(password));
    audit.tell("password changed", { who: user.login, from: from.address });
    return caller.session === undefined ? undefined : this.sessions.open(changed, "password", from);
  }

  private async checkCurrent(userId: string, current: string | undefined, from: Origin): Promise<void> {
    if (current === undefined) refuse([{ pointer: "/current", detail: "is required" }]);
    if (await this.signIn.checkPassword(userId, current, from)) return;
    refuse([{ pointer: "/current", detail: "is not the current password" }]);
  }
}
