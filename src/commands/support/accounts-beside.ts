import { openSqliteBeside } from "../../adapters/sqlite/beside.ts";
import { createLoggers } from "../../adapters/telemetry/loggers.ts";
import type { Accounts } from "../../application/accounts/accounts.ts";
import type { User } from "../../application/accounts/records.ts";
import { MemoryFeed } from "../../application/feed.ts";
import type { ChangeFeed, Meter } from "../../application/ports.ts";
import type { Store } from "../../application/store.ts";
import { StoreOpenError } from "../../application/store-open-error.ts";
import { loadedAccounts } from "./accounts.ts";
import { cassandraSettings, STORE_SETTINGS } from "./cassandra.ts";
import { CommandError, type Context } from "./command.ts";
import { systemClock } from "./system.ts";

/** What the commands on accounts read. */
export const ACCOUNT_SETTINGS = [
  ...STORE_SETTINGS,
  "publicUrl",
  "port",
  "sessionIdleMs",
  "sessionMaxMs",
] as const;

const nothing = (): void => undefined;
/** A command is over before anyone could look. */
const NO_METER: Meter = {
  requestServed: nothing,
  storeOperated: nothing,
  statementSent: nothing,
  statementThrottled: nothing,
  groupCommitted: nothing,
  taskMoved: nothing,
  requestsInFlight: nothing,
};

interface Opened {
  readonly store: Store;
  readonly feed: ChangeFeed;
}

/** Works on the accounts of a store, whether a service runs on it or not. */
export async function withAccounts<T>(
  context: Context,
  work: (accounts: Accounts) => Promise<T>,
): Promise<T> {
  const { config, stderr } = context;
  // What the service would log; people see it in the command's output.
  const write = (text: string): void => (stderr.isTerminal ? undefined : stderr.write(text));
  const loggers = createLoggers({ format: "json", level: "INFO", write, clock: systemClock });
  const log = loggers.get("todos.store");
  const { store, feed } = await opened(context, log);
  try {
    return await work(loadedAccounts(config, { store, feed }, loggers));
  } finally {
    await feed.close();
    await store.close();
  }
}

async function opened(
  { config }: Context,
  log: Parameters<typeof openSqliteBeside>[0]["log"],
): Promise<Opened> {
  const settings = cassandraSettings(config);
  const options = { log, meter: NO_METER, clock: systemClock };
  if (!settings) {
    const store = await openSqliteBeside({ ...options, path: config.sqlitePath });
    return { store, feed: new MemoryFeed("command") };
  }
  const cassandra = await import("../../adapters/cassandra/open.ts");
  try {
    const store = await cassandra.openCassandra({ ...options, settings }, false);
    return { store, feed: store.feed() };
  } catch (error) {
    const problem = cassandra.openProblem(error, settings);
    throw problem ? new StoreOpenError(problem.sentence, error) : error;
  }
}

/** @throws CommandError if there is none */
export async function userNamed({ users }: Accounts, login: string): Promise<User> {
  const user = await users.findByLogin(login);
  if (user) return user;
  throw new CommandError(
    `there is no user with the login "${login}"`,
    "to show all users, run: todos user list",
  );
}

/** Where somebody chooses a password. @param secret of the link */
export function linkTo({ config }: Context, secret: string): string {
  const { publicUrl = `http://127.0.0.1:${config.port}` } = config;
  return `${publicUrl}/password/${secret}`;
}
