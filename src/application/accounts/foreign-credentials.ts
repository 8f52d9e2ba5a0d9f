import type { Caller, User as UserCaller } from "../../domain/access.ts";
import { NOBODY } from "../caller.ts";
import type { Log } from "../ports.ts";
import type { Identities } from "./identities.ts";
import { type BearerTokens, IdentityError, type Vouched } from "./ports.ts";
import { reached } from "./provider-sign-in.ts";
import type { User } from "./records.ts";
import { callerFor, type Users } from "./users.ts";

/** Callers by what others say about them: a provider's token, a proxy's header. It makes no users. */
export class ForeignCredentials {
  constructor(
    private readonly users: Users,
    private readonly identities: Identities,
    private readonly load: (() => Promise<BearerTokens>) | undefined,
    private readonly log: Log,
  ) {}

  /** @throws TodosError provider-unavailable */
  async byJwt(token: string): Promise<Caller> {
    const { load } = this;
    if (!load) return NOBODY;
    try {
      const identity = await reached(async () => (await load()).verified(token));
      const user = identity && (await this.identities.knownUser(identity));
      if (identity && !user) this.log.debug("a token's subject is no user here", { issuer: identity.issuer });
      return user ? callerBy(user, "jwt") : NOBODY;
    } catch (error) {
      if (!(error instanceof IdentityError)) throw error;
      this.log.debug("a token was refused", { reason: error.message });
      return NOBODY;
    }
  }

  async byProxy(vouched: Exclude<Vouched, { readonly kind: "nothing" }>): Promise<Caller> {
    if (vouched.kind === "unclear") {
      this.log.warn("a proxy's word was refused", { reason: vouched.reason });
      return NOBODY;
    }
    const user = await this.users.findByLogin(vouched.login);
    if (!user || user.disabled) return NOBODY;
    await this.noteArrival(user);
    return callerBy(user, "proxy");
  }

  /** The first request writes it; where that fails, the next one does. */
  private async noteArrival(user: User): Promise<void> {
    try {
      await this.users.noteArrival(user);
    } catch (error) {
      this.log.warn("that a user came in was not noted", { error });
    }
  }
}

function callerBy(user: User, way: UserCaller["way"]): UserCaller {
  return { ...callerFor(user), way };
}
