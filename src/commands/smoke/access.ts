import { resolve } from "node:path";
import { servedBy } from "../../adapters/sqlite/maintenance.ts";
import { temporaryUser } from "../../application/accounts/temporary-user.ts";
import type { Config } from "../../config.ts";
import { withAccounts } from "../support/accounts-beside.ts";
import { CommandError, type Context } from "../support/command.ts";
import type { Reply } from "./client.ts";
import { hasLink } from "./expectations.ts";

export const MAKE_TOKEN = "make-token";
/** Longer than the checks can take; if they are killed, the token expires. */
const TOKEN_LIFE_MS = 10 * 60_000;

/**
 * Does the work with the token that the service wants, if it has accounts.
 * @param root the service's answer about itself
 * @throws CommandError
 */
export async function withToken<T>(
  context: Context,
  root: Reply,
  work: (token: string | undefined) => Promise<T>,
): Promise<T> {
  const { smokeToken } = context.config;
  const isNobody = hasLink(root.json, "sign-in");
  if (smokeToken !== undefined && isNobody)
    throw new CommandError(
      "the service does not accept TODOS_SMOKE_TOKEN",
      "make another one: todos token create LOGIN --scopes read,write",
    );
  if (!isNobody) return work(smokeToken);
  if (!context.has(MAKE_TOKEN))
    throw new CommandError(
      "the service has accounts, so the checks need a token",
      `set TODOS_SMOKE_TOKEN to one (todos token create LOGIN --scopes read,write), or add --${MAKE_TOKEN} where this command can write to the service's store`,
    );
  refuseOtherFile(context.config);
  return withAccounts(context, async ({ parts }) => {
    const user = await temporaryUser(parts, "todos smoke", TOKEN_LIFE_MS);
    try {
      return await work(user.token);
    } finally {
      await user.remove();
    }
  });
}

/** The service is there, so a file that nobody serves is not its store. */
function refuseOtherFile({ cassandraEndpoints, sqlitePath }: Config): void {
  if (cassandraEndpoints.length > 0 || servedBy(sqlitePath) !== undefined) return;
  throw new CommandError(
    `no process serves ${resolve(sqlitePath)}, so it is not the service's store`,
    "run it on the service's host, with the settings of the service",
  );
}
