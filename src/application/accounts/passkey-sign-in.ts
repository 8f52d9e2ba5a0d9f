import type { Caller, User as UserCaller } from "../../domain/access.ts";
import { refuse, TodosError } from "../../domain/errors.ts";
import { sha256 } from "../../lib/sha256.ts";
import { notFound } from "../written.ts";
import type { Origin } from "./audit.ts";
import type { AccountParts } from "./deps.ts";
import { PasskeyError, type Passkeys, type RelyingParty } from "./ports.ts";
import { checkRecent } from "./recent.ts";
import { EVERYBODY, type Passkey, type StoredRecord, type User } from "./records.ts";
import type { Sessions, SignedIn } from "./sessions.ts";
import type { Users } from "./users.ts";

export const PASSKEYS_PER_USER_MAX = 20;
/** How long a browser may take to answer: people look for their key. */
export const CHALLENGE_KEPT_MS = 5 * 60_000;
const CHALLENGE_BYTES = 32;

const PURPOSES = { register: "passkey registration", signIn: "passkey sign-in" } as const;

/** Signing in without a login or a password: with a key that a device, or a password manager, keeps. */
export class PasskeySignIn {
  constructor(
    private readonly parts: AccountParts,
    private readonly users: Users,
    private readonly sessions: Sessions,
    private readonly load: () => Promise<Passkeys>,
  ) {}

  /** What is asked of the browser to make one. @throws TodosError forbidden, conflict past the limit */
  async registration(caller: UserCaller): Promise<{ challenge: string; known: readonly Passkey[] }> {
    await checkRecent(this.parts, caller);
    const known = await this.list(caller.id);
    if (known.length >= PASSKEYS_PER_USER_MAX) throw tooMany();
    return { challenge: await this.challenge(PURPOSES.register, caller.id), known };
  }

  /** @throws TodosError validation-failed, conflict */
  async add(
    caller: UserCaller,
    given: { readonly answer: unknown; readonly name: string | undefined },
    party: RelyingParty,
    from: Origin,
  ): Promise<Passkey> {
    const { book, clock, audit } = this.parts;
    const verifier = await this.load();
    const challenge = verifier.challengeOf(given.answer);
    if (!(await this.spend(challenge, PURPOSES.register, caller.id)))
      refuse([{ pointer: "/passkey", detail: "must answer a challenge of the last 5 minutes, once" }]);
    const made = await verified(() => verifier.registered(given.answer, challenge ?? "", party));
    if ("problem" in made) refuse([{ pointer: "/passkey", detail: made.problem }]);
    if ((await this.list(caller.id)).length >= PASSKEYS_PER_USER_MAX) throw tooMany();
    const passkey: Passkey = {
      ...made,
      userId: caller.id,
      name: given.name?.trim() || "Passkey",
      createdAt: clock.now(),
    };
    if (!(await book.add("passkey", { key: made.id, owner: caller.id, value: passkey })))
      throw new TodosError("conflict", "This passkey is already registered.");
    audit.tell("passkey added", { who: caller.login, from: from.address, on: made.id });
    return passkey;
  }

  async list(userId: string): Promise<readonly Passkey[]> {
    return (await this.parts.book.all("passkey", userId)).map(({ value }) => value);
  }

  /** @throws TodosError not-found */
  async remove(caller: UserCaller, id: string, from: Origin): Promise<void> {
    const { book, audit } = this.parts;
    const found = await book.find("passkey", id);
    if (found?.value.userId !== caller.id || !(await book.remove("passkey", found)))
      throw notFound("passkey");
    audit.tell("passkey removed", { who: caller.login, from: from.address, on: id });
  }

  /** What is asked of the browser to sign in: of whom, it finds out itself. */
  begin(): Promise<string> {
    return this.challenge(PURPOSES.signIn);
  }

  /** @throws TodosError unauthenticated */
  async finish(answer: unknown, party: RelyingParty, from: Origin, before?: Caller): Promise<SignedIn> {
    const verifier = await this.load();
    const challenge = verifier.challengeOf(answer);
    if (!(await this.spend(challenge, PURPOSES.signIn))) throw this.refused("no such challenge", from);
    const { stored, user } = (await this.known(verifier, answer)) ?? {};
    if (!stored || !user) throw this.refused("no such passkey", from);
    const use = await verified(() => verifier.used(answer, challenge ?? "", party, stored.value));
    if ("problem" in use) throw this.refused(use.problem, from, user);
    const used = { ...stored.value, ...use, lastUsedAt: this.parts.clock.now() };
    // Of two uses at once one is a copy's, or a repetition.
    if (!(await this.parts.book.replace("passkey", stored, used)))
      throw this.refused("it is used twice at once", from, user);
    await this.users.haveInbox(user);
    const signedIn = await this.sessions.open(user, "passkey", from, before);
    this.parts.audit.tell("sign-in", { who: user.login, from: from.address, way: "passkey" });
    return signedIn;
  }

  private async known(
    verifier: Passkeys,
    answer: unknown,
  ): Promise<{ stored: StoredRecord<Passkey>; user: User } | undefined> {
    const named = verifier.named(answer);
    const stored = named && (await this.parts.book.find("passkey", named.id));
    if (!stored || (named.userId ?? stored.value.userId) !== stored.value.userId) return undefined;
    const user = await this.users.find(stored.value.userId);
    return user && !user.value.disabled ? { stored, user: user.value } : undefined;
  }

  private async challenge(purpose: string, userId?: string): Promise<string> {
    const { random, book, clock } = this.parts;
    const challenge = random(CHALLENGE_BYTES).toBase64({ alphabet: "base64url", omitPadding: true });
    const now = clock.now();
    await book.add("once", {
      key: sha256(challenge),
      owner: userId ?? EVERYBODY,
      value: { purpose, createdAt: now, ...(userId === undefined ? {} : { userId }) },
      expiresAt: now + CHALLENGE_KEPT_MS,
    });
    return challenge;
  }

  /** Whether it was ours, for that purpose and user, and is used up by this call. */
  private async spend(challenge: string | undefined, purpose: string, userId?: string): Promise<boolean> {
    const { book } = this.parts;
    const found = challenge === undefined ? undefined : await book.find("once", sha256(challenge));
    if (found?.value.purpose !== purpose || found.value.userId !== userId) return false;
    return book.remove("once", found);
  }

  private refused(reason: string, from: Origin, user?: User): TodosError {
    this.parts.audit.tell("sign-in refused", {
      who: user?.login,
      from: from.address,
      way: "passkey",
      reason,
    });
    return new TodosError(
      "unauthenticated",
      "The passkey is not known here, or its answer is not valid, or no longer valid.",
    );
  }
}

async function verified<T extends object>(
  verify: () => T | Promise<T>,
): Promise<T | { readonly problem: string }> {
  try {
    return await verify();
  } catch (error) {
    if (error instanceof PasskeyError) return { problem: error.message };
    throw error;
  }
}

function tooMany(): TodosError {
  return new TodosError(
    "conflict",
    `A user has at most ${PASSKEYS_PER_USER_MAX} passkeys; remove one first.`,
  );
}
