import type { LoadRoutes } from "../../adapters/http/app.ts";
import type { Services } from "../../adapters/http/kernel/services.ts";
import type { Accounts } from "../../application/accounts/accounts.ts";
import type { Log, Loggers } from "../../application/ports.ts";
import { RememberedCallers } from "../../application/remembered-callers.ts";
import type { Store } from "../../application/store.ts";
import { lastRoleOf, roleOf } from "../../application/visible.ts";
import type { Config } from "../../config.ts";
import { proxyVoucherOf } from "../support/identity.ts";
import { systemClock } from "../support/system.ts";
import type { ServedStore } from "./stores.ts";

/** How long it is remembered who callers are. On SQLite only what ends because time passes outlives its end by that. */
const KEPT_MS = { sqlite: 1_000, cassandra: 10_000 } as const;

/** What is not needed for the first answer waits for it. */
const AFTER_FIRST_ANSWER_MS = 50;

/** Accounts as the service has them. */
export interface ServedAccounts {
  readonly services: Required<Pick<Services, "accounts" | "callers" | "voucher">>;
  readonly loadRoutes: LoadRoutes;
  /** While there is no user, says how to make the first one. @param url of the service */
  begin(url: string | undefined): Promise<void>;
}

/** Load this module only where the service has accounts. It loads the rest with the first request that needs it. */
export async function servedAccounts(
  config: Config,
  served: ServedStore,
  loggers: Loggers,
): Promise<ServedAccounts> {
  let accounts: Accounts | undefined;
  const load = async (): Promise<Accounts> => {
    const { loadedAccounts } = await import("../support/accounts.ts");
    accounts ??= loadedAccounts(config, served, loggers);
    return accounts;
  };
  const loaded = (): Accounts => {
    if (!accounts) throw new TypeError("a request for accounts came before they were loaded");
    return accounts;
  };
  return {
    services: {
      accounts: {
        get loaded() {
          return loaded();
        },
      },
      voucher: await proxyVoucherOf(config),
      callers: callersOf(served.store, loaded),
    },
    loadRoutes: async () => {
      const [{ accountRoutes }] = await Promise.all([
        import("../../adapters/http/accounts/routes.ts"),
        load(),
      ]);
      return accountRoutes;
    },
    begin: async (url) => {
      await Bun.sleep(AFTER_FIRST_ANSWER_MS);
      await tellSetUpCode(await load(), loggers.get("todos.accounts"), url);
    },
  };
}

function callersOf(store: Store, accounts: () => Accounts): RememberedCallers {
  return new RememberedCallers(
    {
      resolve: (given) => accounts().credentials.resolve(given),
      roleOn: (caller, checklistId) => roleOf(store, caller, checklistId),
      lastRoleOn: (caller, checklistId) => lastRoleOf(store, caller, checklistId),
    },
    {
      clock: systemClock,
      mark: () => store.rightsMark() ?? accounts().parts.book.changes,
      takeMarkRead: store.kind === "sqlite" ? () => store.takeMarkRead() : undefined,
      keepsRoles: store.kind === "sqlite",
      keptMs: KEPT_MS[store.kind],
      together: (work) => store.together(work),
    },
  );
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
