import type { ChangeFeed, Clock, Ids, Loggers } from "../ports.ts";
import type { Store } from "../store.ts";
import { AUDIT_LOGGER, Audit } from "./audit.ts";
import { Book } from "./book.ts";
import { Credentials } from "./credentials.ts";
import type { AccountParts, SecondFactor } from "./deps.ts";
import { Guesses } from "./guesses.ts";
import type { Lifetimes } from "./lifetimes.ts";
import { OwnPassword } from "./own-password.ts";
import { PasswordLinks } from "./password-links.ts";
import type { Passwords } from "./passwords.ts";
import { Removal } from "./removal.ts";
import type { RandomBytes } from "./secrets.ts";
import { Sessions } from "./sessions.ts";
import { SetUp } from "./set-up.ts";
import { SignIn } from "./sign-in.ts";
import { Tokens } from "./tokens.ts";
import { Users } from "./users.ts";

export interface AccountDeps {
  readonly store: Store;
  readonly feed: ChangeFeed;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: RandomBytes;
  readonly passwords: Passwords;
  readonly secondFactor?: SecondFactor;
  readonly lifetimes: Lifetimes;
  readonly loggers: Pick<Loggers, "get">;
}

/** What there is where the service has accounts. */
export interface Accounts {
  readonly parts: AccountParts;
  readonly users: Users;
  readonly removal: Removal;
  readonly sessions: Sessions;
  readonly tokens: Tokens;
  readonly signIn: SignIn;
  readonly setUp: SetUp;
  readonly passwordLinks: PasswordLinks;
  readonly ownPassword: OwnPassword;
  readonly credentials: Credentials;
}

export function accountsOn({ loggers, ...deps }: AccountDeps): Accounts {
  const parts: AccountParts = {
    ...deps,
    book: new Book(deps.store),
    guesses: new Guesses(deps.clock),
    audit: new Audit(loggers.get(AUDIT_LOGGER)),
  };
  const users = new Users(parts);
  const sessions = new Sessions(parts);
  const signIn = new SignIn(parts, users, sessions);
  return {
    parts,
    users,
    removal: new Removal(parts, users),
    sessions,
    tokens: new Tokens(parts),
    signIn,
    setUp: new SetUp(parts, users, sessions),
    passwordLinks: new PasswordLinks(parts, users, sessions, signIn),
    ownPassword: new OwnPassword(parts, users, sessions, signIn),
    credentials: new Credentials(parts, loggers.get("todos.accounts")),
  };
}
