import type { ChangeFeed, Clock, Ids, Loggers } from "../ports.ts";
import type { Store } from "../store.ts";
import { AUDIT_LOGGER, Audit } from "./audit.ts";
import { Book } from "./book.ts";
import { Credentials } from "./credentials.ts";
import type { AccountParts } from "./deps.ts";
import { ForeignCredentials } from "./foreign-credentials.ts";
import { Guesses } from "./guesses.ts";
import { Identities, type ProviderRules } from "./identities.ts";
import { Invitations } from "./invitations.ts";
import type { Lifetimes } from "./lifetimes.ts";
import { Members } from "./members.ts";
import { OwnPassword } from "./own-password.ts";
import { PasskeySignIn } from "./passkey-sign-in.ts";
import { PasswordLinks } from "./password-links.ts";
import type { Passwords } from "./passwords.ts";
import type { BearerTokens, Passkeys, SignInProvider } from "./ports.ts";
import { ProviderSignIn } from "./provider-sign-in.ts";
import { Removal } from "./removal.ts";
import type { RandomBytes } from "./secrets.ts";
import { Sessions } from "./sessions.ts";
import { SetUp } from "./set-up.ts";
import { ShareLinks } from "./share-links.ts";
import { SignIn } from "./sign-in.ts";
import { Tokens } from "./tokens.ts";
import { TwoFactor } from "./two-factor.ts";
import { Users } from "./users.ts";

export interface AccountDeps {
  readonly store: Store;
  readonly feed: ChangeFeed;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: RandomBytes;
  readonly passwords: Passwords;
  readonly loadPasskeys: () => Promise<Passkeys>;
  /** Absent: nobody signs in elsewhere. */
  readonly provider?: ProviderDeps | undefined;
  readonly lifetimes: Lifetimes;
  readonly loggers: Pick<Loggers, "get">;
}

/** An OpenID provider. */
export interface ProviderDeps extends ProviderRules {
  /** For people. */
  readonly name: string;
  readonly load: () => Promise<SignInProvider>;
  /** Absent: its tokens are not accepted from API clients. */
  readonly loadBearer?: (() => Promise<BearerTokens>) | undefined;
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
  readonly twoFactor: TwoFactor;
  readonly passkeys: PasskeySignIn;
  readonly identities: Identities;
  readonly provider?: ProviderSignIn;
  readonly passwordLinks: PasswordLinks;
  readonly ownPassword: OwnPassword;
  readonly invitations: Invitations;
  readonly members: Members;
  readonly shareLinks: ShareLinks;
  readonly credentials: Credentials;
}

export function accountsOn({ loggers, loadPasskeys, provider, ...deps }: AccountDeps): Accounts {
  const book = new Book(deps.store);
  const audit = new Audit(loggers.get(AUDIT_LOGGER));
  const twoFactor = new TwoFactor({ ...deps, book, audit });
  const guesses = new Guesses(deps.clock);
  const parts: AccountParts = { ...deps, book, audit, guesses, secondFactor: twoFactor };
  const users = new Users(parts);
  const sessions = new Sessions(parts);
  const signIn = new SignIn(parts, users, sessions);
  const identities = new Identities(parts, users, provider ?? NOBODY_SIGNS_UP);
  const log = loggers.get("todos.accounts");
  const invitations = new Invitations(parts, users);
  const foreign = new ForeignCredentials(users, identities, provider?.loadBearer, log);
  return {
    parts,
    users,
    removal: new Removal(parts, users),
    sessions,
    tokens: new Tokens(parts),
    signIn,
    setUp: new SetUp(parts, users, sessions),
    twoFactor,
    passkeys: new PasskeySignIn(parts, users, sessions, loadPasskeys),
    identities,
    ...(provider === undefined
      ? {}
      : { provider: new ProviderSignIn(parts, users, sessions, identities, provider.load, provider.name) }),
    passwordLinks: new PasswordLinks(parts, users, sessions, signIn),
    ownPassword: new OwnPassword(parts, users, sessions, signIn),
    invitations,
    members: new Members(parts, users, invitations),
    shareLinks: new ShareLinks(parts),
    credentials: new Credentials(parts, foreign, log),
  };
}

const NOBODY_SIGNS_UP: ProviderRules = { signUp: false, adminGroup: undefined };
