import type { Passwords } from "../../application/accounts/passwords.ts";
import { normalPassword } from "../../domain/account.ts";
import { TodosError } from "../../domain/errors.ts";
import { Turns } from "../../lib/turns.ts";

/** Argon2id as OWASP advises: 19 MiB, two passes, one lane. */
const ARGON2ID = { algorithm: "argon2id", memoryCost: 19_456, timeCost: 2 } as const;
/** Of a random password that nobody has, with the same cost: what is compared where there is no hash. */
const NOBODYS_HASH =
  "$argon2id$v=19$m=19456,t=2,p=1$TDlFnbdZZRzE8Cz7z4dg5UPYgMkufxf9wuf6TofPDcs$hoolU1lr6GMuHGRZMfxvexk2b66K3ydR7ynPvvqU+vY";
const AT_ONCE = 2;
/** More than this would wait for seconds. */
const WAITING_MAX = 128;
const BUSY_RETRY_S = 5;

/** Hashes in Bun's thread pool, two at a time. */
export function argon2Passwords(): Passwords {
  const turns = new Turns(AT_ONCE, WAITING_MAX);
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    return turns.take(work) ?? Promise.reject(busy());
  }
  return {
    hash: (password) => inTurn(() => Bun.password.hash(normalPassword(password), ARGON2ID)),
    verify: async (password, hash) => {
      const isGood = await inTurn(() => Bun.password.verify(normalPassword(password), hash ?? NOBODYS_HASH));
      return isGood && hash !== undefined;
    },
    isCommon: async (password) => {
      const { isCommonPassword } = await import("./common.ts");
      return isCommonPassword(normalPassword(password));
    },
  };
}

function busy(): TodosError {
  return new TodosError("overloaded", "Too many people are signing in. Nothing was changed.", {
    retryAfterS: BUSY_RETRY_S,
  });
}
