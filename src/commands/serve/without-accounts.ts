import type { HttpServer } from "../../adapters/http/app.ts";
import { EVERYBODY } from "../../application/accounts/records.ts";
import type { Log } from "../../application/ports.ts";
import type { Store } from "../../application/store.ts";
import { StoreOpenError } from "../../application/store-open-error.ts";
import type { Config } from "../../config.ts";
import { hostNameOf, isLoopbackName } from "../../lib/hosts.ts";

/** The address that is bound counts, not the spelling in the configuration. */
export function warnOfStrangers({ auth }: Config, servers: readonly HttpServer[], log: Log): void {
  const reachable = servers.find(({ address }) => !isLoopbackName(hostNameOf(address)));
  if (auth !== "none" || !reachable) return;
  log.warn(
    "anyone who reaches this address may do everything; TODOS_AUTH=accounts asks who they are, and TODOS_HOST=127.0.0.1 keeps others out",
    { address: reachable.address },
  );
}

/**
 * What users have must not be open to anyone because a setting got lost.
 * @throws StoreOpenError
 */
export async function refuseUsers({ auth, ignoreUsers }: Config, store: Store): Promise<void> {
  if (auth === "accounts" || ignoreUsers) return;
  const { items, next } = await store.listRecords("user", EVERYBODY, undefined, 1);
  if (items.length === 0 && next === undefined) return;
  throw new StoreOpenError(
    "this store has users, and without TODOS_AUTH=accounts anyone could read and change what is theirs: set it, or TODOS_IGNORE_USERS=true if you want that.",
  );
}
