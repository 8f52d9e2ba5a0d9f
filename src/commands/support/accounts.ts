import { argon2Passwords } from "../../adapters/passwords/argon2.ts";
import { type AccountDeps, type Accounts, accountsOn } from "../../application/accounts/accounts.ts";
import type { Loggers } from "../../application/ports.ts";
import type { Config } from "../../config.ts";
import { waysIn } from "./identity.ts";
import { orderedIds, systemClock } from "./system.ts";

/** Use cases of accounts, on the system. Load this module only where there are any. */
export function loadedAccounts(
  config: Config,
  { store, feed }: Pick<AccountDeps, "store" | "feed">,
  loggers: Pick<Loggers, "get">,
): Accounts {
  const { sessionIdleMs, sessionMaxMs } = config;
  return accountsOn({
    store,
    feed,
    clock: systemClock,
    ids: orderedIds(systemClock),
    random: (count) => crypto.getRandomValues(new Uint8Array(count)),
    passwords: argon2Passwords(),
    ...waysIn(config),
    lifetimes: { idleMs: Math.min(sessionIdleMs, sessionMaxMs), maxMs: sessionMaxMs },
    loggers,
  });
}
