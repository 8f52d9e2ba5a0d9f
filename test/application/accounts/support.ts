import { passkeys } from "../../../src/adapters/identity/passkeys/passkeys.ts";
import { isCommonPassword } from "../../../src/adapters/passwords/common.ts";
import { type AccountDeps, type Accounts, accountsOn } from "../../../src/application/accounts/accounts.ts";
import type { Passwords } from "../../../src/application/accounts/passwords.ts";
import type { Command, WriteAnswer, WriteName } from "../../../src/application/commands.ts";
import { MemoryFeed } from "../../../src/application/feed.ts";
import type { Awaitable, Clock, Log, LogFields, Loggers } from "../../../src/application/ports.ts";
import { type Store, StoreDecorator } from "../../../src/application/store.ts";
import { orderedIds } from "../../../src/commands/support/system.ts";
import { openStore, scratchFolder } from "../../adapters/sqlite/support.ts";

export const DAY_MS = 86_400_000;
export const HERE = { address: "192.0.2.1", agent: "a test" };
export const PASSWORD = "correct horse battery";

/** Accounts on a real store, with a clock that the test sets. */
export interface TestAccounts extends Accounts, AsyncDisposable {
  readonly store: Store;
  readonly clock: { nowMs: number; now(): number };
  /** Called before each write that accounts make. */
  before: (command: Pick<Command, "op">) => Promise<void> | void;
  /** Names of the reads and writes that accounts have made so far. */
  readonly asked: string[];
  /** What the audit's log has. */
  readonly told: readonly (LogFields & { readonly act: string })[];
}

/** Argon2id as the service has it, but cheap. */
const quickPasswords: Passwords = {
  hash: (password) => Bun.password.hash(password, { algorithm: "argon2id", memoryCost: 8, timeCost: 1 }),
  verify: async (password, hash) => hash !== undefined && Bun.password.verify(password, hash),
  isCommon: async (password) => isCommonPassword(password),
};

/** Opens a store; by default an embedded one. @returns also what to do once it is closed */
export type OpenStore = (
  clock: Clock,
) => Promise<{ readonly store: Store; discard(): void | PromiseLike<void> }>;

const openEmbedded: OpenStore = async (clock) => {
  const folder = scratchFolder();
  const { store } = await openStore(folder.file("todos.db"), { clock });
  return { store, discard: () => folder[Symbol.dispose]() };
};

export async function testAccounts(
  ways: Pick<AccountDeps, "provider"> = {},
  open = openEmbedded,
): Promise<TestAccounts> {
  const clock = { nowMs: Date.UTC(2026, 0, 2), now: () => clock.nowMs };
  const { store, discard } = await open(clock);
  const told: (LogFields & { act: string })[] = [];
  const watch = {
    before: (_: Pick<Command, "op">): Promise<void> | void => undefined,
    asked: [] as string[],
  };
  const accounts = accountsOn({
    store: watchedStore(store, watch),
    feed: new MemoryFeed("feed"),
    clock,
    ids: orderedIds(clock),
    random: (count) => crypto.getRandomValues(new Uint8Array(count)),
    passwords: quickPasswords,
    loadPasskeys: async () => passkeys,
    ...ways,
    lifetimes: { idleMs: 30 * DAY_MS, maxMs: 90 * DAY_MS },
    loggers: loggersTelling((act, fields) => told.push({ act, ...fields })),
  });
  return Object.assign(watch, {
    ...accounts,
    store,
    clock,
    told,
    [Symbol.asyncDispose]: async () => {
      await store.close();
      await discard();
    },
  });
}

interface Watch {
  before: (command: Pick<Command, "op">) => Promise<void> | void;
  readonly asked: string[];
}

/** The same rows, and a place where a test can step in. */
function watchedStore(store: Store, watch: Watch): Store {
  class Watched extends StoreDecorator {
    protected readonly store = store;

    protected ask<T>(operation: string, answer: (behind: Store) => Awaitable<T>): Awaitable<T> {
      watch.asked.push(operation);
      return answer(store);
    }

    async write<N extends WriteName>(command: Command<N>): Promise<WriteAnswer<N>> {
      watch.asked.push(command.op);
      await watch.before(command);
      return store.write(command);
    }
  }
  return new Watched();
}

function loggersTelling(info: (message: string, fields?: LogFields) => void): Pick<Loggers, "get"> {
  const nothing = () => undefined;
  const log: Log = { error: nothing, warn: nothing, info, debug: nothing };
  return { get: () => log };
}

/** The first user, an admin, signed in. */
export async function firstAdmin({ setUp }: Accounts, login = "root") {
  const code = (await setUp.newCode()) ?? "";
  return setUp.complete({ code, login, password: PASSWORD }, HERE);
}

/** Another user with a password. */
export async function someUser({ users, parts }: Accounts, login: string, role: "admin" | "user" = "user") {
  return users.create({ login, role, password: await parts.passwords.hash(PASSWORD) });
}

/** What `work` is refused with; fails if it is not. */
export async function refusalOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (reason) => reason,
  );
  if (error instanceof Error && "code" in error) return String(error.code);
  throw error ?? new Error("it was not refused");
}

/** Resolves when every write that was begun before is done: the store does them in their order. */
export async function writesDone({ parts }: Accounts): Promise<void> {
  await parts.book.add("fact", { key: crypto.randomUUID(), owner: "test", value: { value: true } });
}
