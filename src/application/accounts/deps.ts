import type { ChangeFeed, Clock, Ids } from "../ports.ts";
import type { Store } from "../store.ts";
import type { Audit } from "./audit.ts";
import type { Book } from "./book.ts";
import type { Guesses } from "./guesses.ts";
import type { Lifetimes } from "./lifetimes.ts";
import type { Passwords } from "./passwords.ts";
import type { User } from "./records.ts";
import type { RandomBytes } from "./secrets.ts";

/** Checks the second of two factors: a code that changes, or one of those that help when the first is lost. */
export interface SecondFactor {
  /** Whether the code is valid, now and for this user; it works only once. */
  accepts(user: User, code: string): Promise<boolean>;
}

/** What accounts are made of. */
export interface AccountParts {
  readonly store: Store;
  readonly feed: ChangeFeed;
  readonly book: Book;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: RandomBytes;
  readonly passwords: Passwords;
  readonly secondFactor: SecondFactor;
  readonly guesses: Guesses;
  readonly lifetimes: Lifetimes;
  readonly audit: Audit;
}
