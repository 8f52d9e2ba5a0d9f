import { INBOX_ID } from "../../domain/checklist.ts";
import { TodosError } from "../../domain/errors.ts";
import { sha256 } from "../../lib/sha256.ts";
import { notFound } from "../written.ts";
import type { Origin } from "./audit.ts";
import type { AccountParts } from "./deps.ts";
import { newPasswordHash } from "./new-password.ts";
import { EVERYBODY } from "./records.ts";
import { newSecret } from "./secrets.ts";
import type { Sessions, SignedIn } from "./sessions.ts";
import type { Users } from "./users.ts";

const PURPOSE = "set-up";
/** A start makes a new code; those of earlier starts stay valid for as long. */
const CODE_KEPT_MS = 7 * 86_400_000;
/** Somebody who was stopped while making the first user does not keep others from it for longer, ms. */
const CLAIM_HELD_MS = 60_000;
const CODES_TRIED = "set-up code";

export interface FirstUser {
  readonly code: string;
  /** In the form in which logins are kept. */
  readonly login: string;
  readonly name?: string | undefined;
  readonly password: string;
}

/** How the first user gets in: with a code that only somebody who reads the log knows. */
export class SetUp {
  constructor(
    private readonly parts: AccountParts,
    private readonly users: Users,
    private readonly sessions: Sessions,
  ) {}

  /** A new code, while there is no user. */
  async newCode(): Promise<string | undefined> {
    if (!(await this.isOpen())) return undefined;
    const { random, book, clock } = this.parts;
    const code = newSecret(random);
    const now = clock.now();
    await book.add("once", {
      key: sha256(code),
      owner: EVERYBODY,
      value: { purpose: PURPOSE, createdAt: now },
      expiresAt: now + CODE_KEPT_MS,
    });
    return code;
  }

  isOpen(): Promise<boolean> {
    return this.users.isEmpty();
  }

  /**
   * Makes the first user, an admin. Of several at once, with one code or with different ones, exactly one gets through.
   * @throws TodosError not-found once there is a user, forbidden, validation-failed, too-many-requests
   */
  async complete({ code, login, name, password }: FirstUser, from: Origin): Promise<SignedIn> {
    const { book, passwords, audit } = this.parts;
    if (!(await this.isOpen())) throw notFound("resource");
    const key = sha256(code);
    await this.check(key, from);
    const hash = await newPasswordHash(passwords, password, login);
    const found = await book.find("once", key);
    if (!found || !(await book.remove("once", found)) || !(await this.claimed())) throw notFound("resource");
    const user = await this.users.create({ login, name, role: "admin", password: hash, inboxId: INBOX_ID });
    audit.tell("set-up", { who: login, from: from.address });
    return this.sessions.open(user, "set-up", from);
  }

  private async check(key: string, from: Origin): Promise<void> {
    const { book, guesses, audit } = this.parts;
    const attempt = guesses.attempt(CODES_TRIED + from.address, from.address);
    const found = await book.find("once", key);
    const isGood = found?.value.purpose === PURPOSE;
    attempt.settle(isGood ? "right" : "wrong");
    if (isGood) return;
    audit.tell("set-up refused", { from: from.address });
    throw new TodosError("forbidden", "The set-up code is wrong. The service's log has the right one.");
  }

  /** Whether this call may make the first user. Several instances, or a command next to them, must not make several. */
  async claimed(): Promise<boolean> {
    const { book, clock } = this.parts;
    const now = clock.now();
    const value = { value: now };
    if (await book.add("fact", { key: PURPOSE, owner: EVERYBODY, value })) return true;
    const held = await book.find("fact", PURPOSE);
    if (!held || now - Number(held.value.value) < CLAIM_HELD_MS || !(await this.isOpen())) return false;
    return (await book.replace("fact", held, value)) !== undefined;
  }
}
