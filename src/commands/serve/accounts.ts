import type { LoadRoutes } from "../../adapters/http/app.ts";
import type { Services } from "../../adapters/http/kernel/services.ts";
import { type Accounts, accountsOn } from "../../application/accounts/accounts.ts";
import type { Log, Loggers } from "../../application/ports.ts";
import { RememberedCallers } from "../../application/remembered-callers.ts";
import { lastRoleOf, roleOf } from "../../application/visible.ts";
import type { Config } from "../../config.ts";
import { accountDeps } from "../support/accounts.ts";
import { proxyVoucherOf } from "../support/identity.ts";
import { systemClock } from "../support/system.ts";
import type { ServedStore } from "./stores.ts";

/** How long it is remembered who callers are. On SQLite only what ends because time passes outlives its end by that. */
const KEPT_MS = { sqlite: 1_000, cassandra: 10_000 } as const;

/** Accounts as the service has them. */
export interface ServedAccounts {
  readonly services: Required<Pick<Services, "accounts" | "callers" | "voucher">>;
  readonly loadRoutes: LoadRoutes;
  /** While there is no user, says how to make the first one. @param url of the service */
  begin(url: string | undefined): Promise<void>;
}

/** Load this module only where the service has accounts. */
export async function servedAccounts(
  config: Config,
  { store, feed }: ServedStore,
  loggers: Loggers,
): Promise<ServedAccounts> {
  const accounts = accountsOn(accountDeps(config, { store, feed }, loggers));
  return {
    services: {
      accounts,
      voucher: await proxyVoucherOf(config),
      callers: new RememberedCallers(
        {
          resolve: (given) => accounts.credentials.resolve(given),
          roleOn: (caller, checklistId) => roleOf(store, caller, checklistId),
          lastRoleOn: (caller, checklistId) => lastRoleOf(store, caller, checklistId),
        },
        {
          clock: systemClock,
          mark: () => store.rightsMark() ?? accounts.parts.book.changes,
          keptMs: KEPT_MS[store.kind],
          together: (work) => store.together(work),
        },
      ),
    },
    loadRoutes: async () => (await import("../../adapters/http/accounts/routes.ts")).accountRoutes,
    begin: (url) => tellSetUpCode(accounts, loggers.get("todos.accounts"), url),
  };
}

async function tellSetUpCode({ setUp }: Accounts, log: Log, url: string | undefined): Promise<void> {
  try {
    const setUpCode = await setUp.newCode();
    if (setUpCode === undefined) return;
    log.info("there is no user yet: POST to /set-up with this code makes the first one, an admin", {
      setUpCode,
      ...(url === undefined ? {} : { url: `${url}/set-up` }),
    });
  } catch (error) {
    log.error("the set-up code could not be made: start again for one, or use todos user add --admin", {
      error,
    });
  }
}
