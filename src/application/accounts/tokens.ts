import type { User as UserCaller } from "../../domain/access.ts";
import { refuse, TodosError, type Violation } from "../../domain/errors.ts";
import { sha256 } from "../../lib/sha256.ts";
import { notFound } from "../written.ts";
import type { AccountParts } from "./deps.ts";
import type { ApiToken, Scope, StoredRecord } from "./records.ts";
import { newToken } from "./secrets.ts";

export const TOKENS_PER_USER_MAX = 100;
export const TOKEN_CHECKLISTS_MAX = 100;

/** @property expiresAt milliseconds since the Unix epoch */
export interface TokenRequest {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly checklists?: readonly string[];
  readonly expiresAt?: number;
}

/** @property secret never shown again */
export interface NewToken {
  readonly token: ApiToken;
  readonly secret: string;
}

/** Secrets for programs that act for a user. */
export class Tokens {
  constructor(private readonly parts: AccountParts) {}

  /** @throws TodosError validation-failed, conflict */
  async create(
    user: Pick<UserCaller, "id" | "login" | "role">,
    request: TokenRequest,
    from?: string,
  ): Promise<NewToken> {
    const { book, clock, ids, random, audit } = this.parts;
    const now = clock.now();
    const violations = [...scopeProblems(user, request), ...expiryProblems(request, now)];
    if (violations.length > 0) refuse(violations);
    if ((await book.all("token", user.id)).length >= TOKENS_PER_USER_MAX)
      throw new TodosError("conflict", `A user has at most ${TOKENS_PER_USER_MAX} tokens. Revoke one first.`);
    const secret = newToken(random);
    const { name, scopes, checklists, expiresAt } = request;
    const token: ApiToken = {
      id: ids.next(),
      userId: user.id,
      name: name.trim(),
      scopes: [...new Set(scopes)],
      ...(checklists === undefined ? {} : { checklists: [...new Set(checklists)] }),
      createdAt: now,
      ...(expiresAt === undefined ? {} : { expiresAt }),
    };
    const isNew = await book.add("token", { key: sha256(secret), owner: user.id, value: token, expiresAt });
    if (!isNew) throw new TypeError("a new secret is taken");
    audit.tell("token made", { who: user.login, from, on: token.id, scopes: token.scopes.join(" ") });
    return { token, secret };
  }

  /** In the order in which they were made. */
  async list(userId: string): Promise<readonly ApiToken[]> {
    const stored = await this.parts.book.all("token", userId);
    return stored.map(({ value }) => value).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** @throws TodosError not-found */
  async get(userId: string, id: string): Promise<ApiToken> {
    return (await this.stored(userId, id)).value;
  }

  /** From the moment on at which this resolves nobody gets in with it. @throws TodosError not-found */
  async revoke(user: Pick<UserCaller, "id" | "login">, id: string, from?: string): Promise<void> {
    const { book, audit } = this.parts;
    const { key } = await this.stored(user.id, id);
    for (let found = await book.find("token", key); found; found = await book.find("token", key)) {
      // Its use may be noted at the same time.
      if (await book.remove("token", found)) break;
    }
    audit.tell("token revoked", { who: user.login, from, on: id });
  }

  private async stored(userId: string, id: string): Promise<StoredRecord<ApiToken>> {
    const found = (await this.parts.book.all("token", userId)).find(({ value }) => value.id === id);
    if (!found) throw notFound("token");
    return found;
  }
}

function scopeProblems({ role }: Pick<UserCaller, "role">, { scopes }: TokenRequest): readonly Violation[] {
  if (scopes.length === 0) return [{ pointer: "/scopes", detail: "must name at least one scope" }];
  const at = scopes.indexOf("admin");
  if (at < 0 || role === "admin") return [];
  return [{ pointer: `/scopes/${at}`, detail: "is for the tokens of admins" }];
}

function expiryProblems({ expiresAt }: TokenRequest, now: number): readonly Violation[] {
  if (expiresAt === undefined || expiresAt > now) return [];
  return [{ pointer: "/expiresAt", detail: "must be in the future" }];
}
