import type { Caller, User as UserCaller } from "../../domain/access.ts";
import { TodosError } from "../../domain/errors.ts";
import { sha256 } from "../../lib/sha256.ts";
import type { Origin } from "./audit.ts";
import type { AccountParts } from "./deps.ts";
import type { Identities } from "./identities.ts";
import {
  type BegunSignIn,
  IdentityError,
  type IssuedIdentity,
  IssuerUnreachable,
  type SignInProvider,
} from "./ports.ts";
import { checkRecent } from "./recent.ts";
import { EVERYBODY, type Once, type StoredRecord, type User } from "./records.ts";
import { isSecret, newSecret } from "./secrets.ts";
import type { Sessions, SignedIn } from "./sessions.ts";
import type { Users } from "./users.ts";

/** How long somebody may take at the provider. */
export const PROVIDER_KEPT_MS = 10 * 60_000;
/** How long the second factor may take after that. */
const SECOND_FACTOR_KEPT_MS = 5 * 60_000;

const PURPOSES = { provider: "provider sign-in", secondFactor: "second factor" } as const;

/** What is kept while somebody is at the provider. */
interface Journey {
  readonly begun: BegunSignIn;
  /** SHA-256 of the secret in the browser's cookie: another browser can't end what this one began. */
  readonly browser: string;
  readonly returnTo: string;
}

/** @property browser secret for a cookie of the browser that begins */
export interface Begun {
  readonly url: string;
  readonly browser: string;
}

/** How a journey to the provider ended. */
export type Arrival = { readonly returnTo: string } & (
  | { readonly outcome: "signed-in"; readonly signedIn: SignedIn }
  | { readonly outcome: "linked" }
  /** @property ticket works once, together with a code */
  | { readonly outcome: "second-factor"; readonly ticket: string }
);

/** Signing in at an OpenID provider, and linking an identity there to a user here. */
export class ProviderSignIn {
  constructor(
    private readonly parts: AccountParts,
    private readonly users: Users,
    private readonly sessions: Sessions,
    private readonly identities: Identities,
    private readonly load: () => Promise<SignInProvider>,
    /** For people. */
    readonly name: string,
  ) {}

  /**
   * @param returnTo a path of ours
   * @param browser what the browser's cookie has already, so that two tabs can be on their way
   * @throws TodosError provider-unavailable
   */
  begin(redirectUri: string, returnTo: string, browser?: string): Promise<Begun> {
    return this.depart(redirectUri, returnTo, browser);
  }

  /** For somebody who is signed in, and wants to sign in there in future. @throws TodosError forbidden, provider-unavailable */
  async beginLink(
    caller: UserCaller,
    redirectUri: string,
    returnTo: string,
    browser?: string,
  ): Promise<Begun> {
    await checkRecent(this.parts, caller);
    return this.depart(redirectUri, returnTo, browser, caller.id);
  }

  /**
   * @param search of the URL at which the browser came back
   * @param browser what its cookie has
   * @throws TodosError unauthenticated, conflict, provider-unavailable
   */
  async finish(search: string, browser: string | undefined, from: Origin, before: Caller): Promise<Arrival> {
    const { userId, journey } = await this.spend(search, browser, from);
    const { returnTo } = journey;
    const identity = await this.arrived(search, journey.begun, from);
    if (userId !== undefined) {
      await this.identities.link(linker(before, userId), identity, from);
      return { outcome: "linked", returnTo };
    }
    const user = await this.identities.userOf(identity, from);
    if (!user) throw this.refused("no user has this identity", from);
    if (user.totp?.confirmed) return { outcome: "second-factor", returnTo, ticket: await this.ticket(user) };
    return { outcome: "signed-in", returnTo, signedIn: await this.opened(user, from, before) };
  }

  /** The second factor, which signing in elsewhere does not replace. @throws TodosError unauthenticated, too-many-requests */
  async withSecondFactor(ticket: string, code: string, from: Origin, before: Caller): Promise<SignedIn> {
    const { book, guesses, secondFactor } = this.parts;
    const found = isSecret(ticket) ? await book.find("once", sha256(ticket)) : undefined;
    const isOurs = found?.value.purpose === PURPOSES.secondFactor;
    const user = isOurs ? (await this.users.find(found.value.userId ?? ""))?.value : undefined;
    if (!found || !user || user.disabled) throw this.refused("no such ticket", from);
    const attempt = guesses.attempt(`login ${user.login}`, from.address);
    const isRight = await secondFactor.accepts(user, code).catch((error: unknown) => {
      attempt.settle("undecided");
      throw error;
    });
    attempt.settle(isRight ? "right" : "wrong");
    if (!isRight) throw this.refused("wrong code", from, user);
    if (!(await book.remove("once", found))) throw this.refused("the ticket was used", from, user);
    return this.opened(user, from, before);
  }

  /** Whether a code with that ticket would end a sign-in. */
  async awaitsCode(ticket: string): Promise<boolean> {
    const found = isSecret(ticket) ? await this.parts.book.find("once", sha256(ticket)) : undefined;
    return found?.value.purpose === PURPOSES.secondFactor;
  }

  private async depart(redirectUri: string, returnTo: string, browser = "", userId?: string): Promise<Begun> {
    const { book, clock, random } = this.parts;
    const { url, begun } = await reached(async () => (await this.load()).begin(redirectUri));
    const secret = isSecret(browser) ? browser : newSecret(random);
    const now = clock.now();
    const journey: Journey = { begun, browser: sha256(secret), returnTo };
    await book.add("once", {
      key: sha256(begun.state),
      owner: userId ?? EVERYBODY,
      value: { purpose: PURPOSES.provider, createdAt: now, data: journey, ...(userId ? { userId } : {}) },
      expiresAt: now + PROVIDER_KEPT_MS,
    });
    return { url, browser: secret };
  }

  private async spend(search: string, browser: string | undefined, from: Origin) {
    const { book } = this.parts;
    const [state, ...others] = new URLSearchParams(search).getAll("state");
    const found =
      state === undefined || others.length > 0 ? undefined : await book.find("once", sha256(state));
    const journey = journeyIn(found);
    const isOwn = browser !== undefined && journey?.browser === sha256(browser);
    if (!found || !journey || !isOwn || !(await book.remove("once", found)))
      throw this.refused("it has ended, or began in another browser", from);
    return { userId: found.value.userId, journey };
  }

  private async arrived(search: string, begun: BegunSignIn, from: Origin): Promise<IssuedIdentity> {
    try {
      return await reached(async () => (await this.load()).finish(search, begun));
    } catch (error) {
      if (error instanceof IdentityError) throw this.refused(error.message, from);
      throw error;
    }
  }

  private async ticket(user: User): Promise<string> {
    const { book, random, clock } = this.parts;
    const secret = newSecret(random);
    const now = clock.now();
    await book.add("once", {
      key: sha256(secret),
      owner: user.id,
      value: { purpose: PURPOSES.secondFactor, userId: user.id, createdAt: now },
      expiresAt: now + SECOND_FACTOR_KEPT_MS,
    });
    return secret;
  }

  private async opened(user: User, from: Origin, before: Caller): Promise<SignedIn> {
    await this.users.haveInbox(user);
    const signedIn = await this.sessions.open(user, "oidc", from, before);
    this.parts.audit.tell("sign-in", { who: user.login, from: from.address, way: "oidc" });
    return signedIn;
  }

  private refused(reason: string, from: Origin, user?: User): TodosError {
    this.parts.audit.tell("sign-in refused", { who: user?.login, from: from.address, way: "oidc", reason });
    return new TodosError("unauthenticated", `The sign-in with ${this.name} failed: ${reason}.`);
  }
}

/** What a provider does not answer is no user's fault. @throws TodosError provider-unavailable */
export async function reached<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof IssuerUnreachable)) throw error;
    throw new TodosError("provider-unavailable", "The OpenID provider can't be reached. Try again later.", {
      retryAfterS: 10,
      cause: error,
    });
  }
}

function journeyIn(found: StoredRecord<Once> | undefined): Journey | undefined {
  return found?.value.purpose === PURPOSES.provider ? (found.value.data as Journey) : undefined;
}

/** Only the session that began to link may end it. @throws TodosError unauthenticated */
function linker(caller: Caller, userId: string): UserCaller {
  if (caller.kind === "user" && caller.id === userId && caller.session !== undefined) return caller;
  throw new TodosError(
    "unauthenticated",
    "The session that started this has ended. Sign in, and start again.",
  );
}
