import type { User as UserCaller } from "../../domain/access.ts";
import { refuse, TodosError } from "../../domain/errors.ts";
import { fromBase32, toBase32 } from "../../lib/base32.ts";
import { acceptedTotpStep, TOTP_SECRET_BYTES, totpUrl } from "../../lib/totp.ts";
import { notFound } from "../written.ts";
import type { Origin } from "./audit.ts";
import type { AccountParts, SecondFactor } from "./deps.ts";
import { checkRecent } from "./recent.ts";
import type { Totp, User } from "./records.ts";
import { newRecoveryCodes, recoveryHash } from "./recovery-codes.ts";

type Parts = Pick<AccountParts, "book" | "clock" | "random" | "audit">;

/** What an authenticator app needs to know. */
export interface TotpSecret {
  /** Base 32, for typing. */
  readonly secret: string;
  /** For a QR code. */
  readonly url: string;
}

/** Codes that change every 30 s (TOTP), and recovery codes. */
export class TwoFactor implements SecondFactor {
  constructor(private readonly parts: Parts) {}

  /** A code that is taken is used up in the same write: if two requests send it at once, one gets in. */
  async accepts({ id }: Pick<User, "id">, code: string): Promise<boolean> {
    const now = this.parts.clock.now();
    let isTaken = false;
    await this.parts.book.change("user", id, (user) => {
      const after = user.totp?.confirmed
        ? (withStep(user, code, now) ?? withoutRecovery(user, code))
        : undefined;
      isTaken = after !== undefined;
      return after;
    });
    return isTaken;
  }

  /**
   * A new secret, which counts for nothing until a code shows that an app has it.
   * @param service its name, for the app
   * @throws TodosError forbidden, conflict if it is already on
   */
  async begin(caller: UserCaller, service: string): Promise<TotpSecret> {
    const { book, random } = this.parts;
    await checkRecent(this.parts, caller);
    const secret = random(TOTP_SECRET_BYTES);
    const changed = await book.change("user", caller.id, (user) => {
      if (user.totp?.confirmed) throw alreadyOn();
      return { ...user, totp: { secret: toBase32(secret), confirmed: false } };
    });
    if (!changed) throw notFound("user");
    return { secret: toBase32(secret), url: totpUrl(secret, service, caller.login) };
  }

  /**
   * Switches it on.
   * @returns recovery codes, which nobody can see again
   * @throws TodosError validation-failed for a wrong code, conflict if it is already on, not-found without a secret
   */
  async confirm(caller: UserCaller, code: string, from: Origin): Promise<readonly string[]> {
    const { book, clock, random, audit } = this.parts;
    const codes = newRecoveryCodes(random);
    const recovery = codes.map(recoveryHash);
    const changed = await book.change("user", caller.id, (user) => {
      if (user.totp?.confirmed) throw alreadyOn();
      if (!user.totp) throw notFound("secret");
      const lastStep = stepOf(user.totp, code, clock.now());
      if (lastStep === undefined) refuse([{ pointer: "/code", detail: "is not the current code" }]);
      return { ...user, totp: { ...user.totp, confirmed: true, lastStep }, recovery };
    });
    if (!changed) throw notFound("user");
    audit.tell("second factor on", { who: caller.login, from: from.address });
    return codes;
  }

  /** @throws TodosError forbidden, not-found if it is off */
  async remove(caller: UserCaller, from: Origin): Promise<void> {
    await checkRecent(this.parts, caller);
    const changed = await this.parts.book.change("user", caller.id, ({ totp, recovery: _, ...user }) => {
      if (!totp) throw notFound("second factor");
      return user;
    });
    if (!changed) throw notFound("user");
    this.parts.audit.tell("second factor off", { who: caller.login, from: from.address });
  }
}

function withStep(user: User, code: string, now: number): User | undefined {
  const lastStep = user.totp && stepOf(user.totp, code, now);
  return user.totp && lastStep !== undefined ? { ...user, totp: { ...user.totp, lastStep } } : undefined;
}

function withoutRecovery(user: User, code: string): User | undefined {
  const hash = recoveryHash(code);
  if (!user.recovery?.includes(hash)) return undefined;
  return { ...user, recovery: user.recovery.filter((each) => each !== hash) };
}

function stepOf({ secret, lastStep }: Totp, code: string, now: number): number | undefined {
  const bytes = fromBase32(secret);
  if (!bytes) throw new TypeError("a stored secret is not base 32");
  return acceptedTotpStep(bytes, code, now, lastStep);
}

function alreadyOn(): TodosError {
  return new TodosError("conflict", "The second factor is already on. Remove it first.");
}
