import { peopleIn } from "../../adapters/sqlite/maintenance.ts";
import type { People } from "../../application/accounts/people.ts";
import { StoreOpenError } from "../../application/store-open-error.ts";
import type { Config } from "../../config.ts";
import { hostNameOf, isLoopbackName } from "../../lib/hosts.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

const CHECK = "accounts";

/** Who may do what, as far as the settings tell. */
export function accessFindings(config: Config): readonly Finding[] {
  return config.auth === "none" ? [withoutAccounts(config)] : [ok(CHECK, "on"), cookies(config)];
}

function withoutAccounts({ host }: Config): Finding {
  if (isLoopbackName(hostNameOf(host))) return ok(CHECK, "off: anyone on this host may do everything");
  return warn(
    CHECK,
    `off, and ${host} is not a loopback address: anyone who reaches it may do everything`,
    "set TODOS_AUTH=accounts, or TODOS_HOST=127.0.0.1; docs/accounts.md explains it",
  );
}

/** Whether browsers keep the cookie from the network. Clients see the public URL, else what the proxies say. */
function cookies({ publicUrl, trustedProxies, tlsCert, host }: Config): Finding {
  const check = "cookies";
  const advice = "end TLS at a proxy or with TODOS_TLS_CERT, and set TODOS_PUBLIC_URL to the https address";
  const secure = ok(check, "sent over TLS only");
  if (publicUrl !== undefined) {
    if (publicUrl.startsWith("https:")) return secure;
    return isLoopbackName(hostNameOf(new URL(publicUrl).host))
      ? ok(check, "in the clear, on this host")
      : warn(check, `TODOS_PUBLIC_URL is ${publicUrl}: cookies and passwords can be read in transit`, advice);
  }
  if (trustedProxies.length > 0)
    return warn(
      check,
      "they are limited to TLS only if the proxy reports TLS in X-Forwarded-Proto or Forwarded",
      "set TODOS_PUBLIC_URL to the https address that people use; then the proxy's headers do not matter",
    );
  if (tlsCert !== undefined) return secure;
  if (isLoopbackName(hostNameOf(host)))
    return ok(check, "in the clear, on this host; behind a proxy that ends TLS, set TODOS_PUBLIC_URL");
  return warn(check, "sent in the clear: anyone on the network can read them, and passwords", advice);
}

/** @returns nothing if there is no database with the current schema: other checks say why */
export function peopleInFile({ sqlitePath }: Config): People | undefined {
  try {
    return peopleIn(sqlitePath);
  } catch (error) {
    if (error instanceof StoreOpenError) return undefined;
    throw error;
  }
}

export function peopleFinding({ auth, ignoreUsers }: Config, { users, admins }: People): Finding {
  const check = "users";
  if (auth === "none") {
    if (!users) return ok(check, "none");
    const message = "the store has users, and accounts are off";
    return ignoreUsers
      ? warn(check, `${message}: anyone may do everything`, "set TODOS_AUTH=accounts")
      : fail(
          check,
          `${message}: serve refuses to start`,
          "set TODOS_AUTH=accounts, or TODOS_IGNORE_USERS=true to open their data to anyone",
        );
  }
  if (!users)
    return warn(
      check,
      "there is none yet",
      "use the set-up code in the service's log, or: todos user add --admin LOGIN",
    );
  if (!admins)
    return warn(check, "none of them is an admin who can sign in", "make one: todos user role LOGIN admin");
  return ok(check, "there is an admin");
}
