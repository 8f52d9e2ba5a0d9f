import type { Caller, Role } from "../domain/access.ts";
import { remember } from "../lib/remember.ts";
import type { Given } from "./accounts/ports.ts";
import type { Awaitable, Clock } from "./ports.ts";

/** Who callers are and what is theirs, as the store says at this moment. */
export interface Callers {
  resolve(given: Given): Awaitable<Caller>;
  /** The caller's role on a checklist, also on one in the trash. */
  roleOn(caller: Caller, checklistId: string): Awaitable<Role | undefined>;
  /** The same, or the one that it had on a checklist that is gone. */
  lastRoleOn(caller: Caller, checklistId: string): Awaitable<Role | undefined>;
}

export interface CallersOfRequests extends Callers {
  /** What `work` asks before it waits for anything is answered as things are at one moment, as is what it reads. */
  together<T>(work: () => T): T;
  /**
   * The same for work that only reads, and may be done twice: at first as if nothing had changed since the last request,
   * which costs less.
   */
  supposing<T>(work: () => Awaitable<T>): Awaitable<T>;
}

interface Deps {
  readonly clock: Clock;
  /** Differs once any of it may have changed. */
  readonly mark: () => number;
  /** The mark as of the last read, once, if that read has told it; absent where looking at the mark costs nothing. */
  readonly takeMarkRead?: (() => number | undefined) | undefined;
  /** Whether it tells of changes of roles, too. */
  readonly keepsRoles: boolean;
  /** How long it may be taken for what it was, ms: what ends because time passes, ends at most so much later. */
  readonly keptMs: number;
  /** What `work` reads of the store before it waits is of one moment. */
  readonly together: <T>(work: () => T) => T;
}

const CALLERS_MAX = 1_000;

/** What is known of a time in which nothing has changed. */
class Known {
  /** By what says who they are. */
  readonly sessions = new Map<string, Caller>();
  readonly bearers = new Map<string, Caller>();
  /** By caller as remembered; a caller of another time has none here. */
  readonly roles = new WeakMap<Caller, Map<string, Role>>();

  constructor(
    readonly mark: number,
    readonly from: number,
  ) {}

  keep(callers: Map<string, Caller>, secret: string, caller: Caller): void {
    remember(callers, secret, caller, CALLERS_MAX);
    this.roles.set(caller, new Map());
  }
}

/**
 * Remembers who callers are for as long as the mark says that nothing has changed: one look at it instead of three rows,
 * one of which would have to be hashed for.
 */
export class RememberedCallers implements CallersOfRequests {
  private known: Known;
  /** Within one moment the mark is looked at once. */
  private isOneMoment = false;
  private isLookedAt = false;

  constructor(
    private readonly source: Callers,
    private readonly deps: Deps,
  ) {
    this.known = new Known(Number.NaN, Number.NEGATIVE_INFINITY);
  }

  together<T>(work: () => T): T {
    this.isOneMoment = true;
    this.isLookedAt = false;
    try {
      return this.deps.together(work);
    } finally {
      this.isOneMoment = false;
    }
  }

  /** The mark is looked at afterwards. If it is the same then, it was the same whenever something was read. */
  supposing<T>(work: () => Awaitable<T>): Awaitable<T> {
    const { takeMarkRead } = this.deps;
    if (!takeMarkRead || !this.isFresh(this.deps.clock.now())) return this.together(work);
    takeMarkRead();
    this.isOneMoment = true;
    this.isLookedAt = true;
    let made: Awaitable<T> | undefined;
    try {
      made = work();
      if (this.holds(takeMarkRead)) return made;
    } catch (error) {
      if (this.holds(takeMarkRead)) throw error;
    } finally {
      this.isOneMoment = false;
    }
    const again = () => this.together(work);
    return made instanceof Promise ? made.then(again, again) : again();
  }

  private holds(takeMarkRead: () => number | undefined): boolean {
    return (takeMarkRead() ?? this.deps.mark()) === this.known.mark;
  }

  private isFresh(now: number): boolean {
    const { from } = this.known;
    return now >= from && now < from + this.deps.keptMs;
  }

  resolve(given: Given): Awaitable<Caller> {
    const { session, bearer, vouched } = given;
    const secret = bearer ?? session;
    // What a proxy says counts for this request alone.
    if (vouched !== undefined || secret === undefined) return this.source.resolve(given);
    const known = this.current();
    const callers = bearer === undefined ? known.sessions : known.bearers;
    const caller = callers.get(secret);
    if (caller) return caller;
    const keep = (found: Caller) => known.keep(callers, secret, found);
    const found = this.source.resolve(given);
    if (found instanceof Promise) return found.then((later) => this.keptLater(known, later, keep));
    // Guesses are not remembered: they would drive out those who are somebody.
    if (found.kind !== "nobody") keep(found);
    return found;
  }

  /** That somebody has no role is not remembered. Where others change things, too, the store remembers roles. */
  roleOn(caller: Caller, checklistId: string): Awaitable<Role | undefined> {
    const roles = this.current().roles.get(caller);
    const role = roles?.get(checklistId);
    if (role !== undefined) return role;
    const found = this.source.roleOn(caller, checklistId);
    if (this.deps.keepsRoles && found !== undefined && !(found instanceof Promise))
      roles?.set(checklistId, found);
    return found;
  }

  lastRoleOn(caller: Caller, checklistId: string): Awaitable<Role | undefined> {
    return this.source.lastRoleOn(caller, checklistId);
  }

  /**
   * Where looking up takes time, other instances change things, too: only what decision 92 allows to outlive that for a moment
   * is remembered. A share link is dead at once, and a provider's token ends by its own time.
   */
  private keptLater(known: Known, caller: Caller, keep: (caller: Caller) => void): Caller {
    const isOurs = caller.kind === "user" && (caller.way === "session" || caller.way === "token");
    // What was looked up while something changed may be what was before.
    if (isOurs && this.current() === known) keep(caller);
    return caller;
  }

  /** What may be known now: nothing of before the last change. */
  private current(): Known {
    if (this.isOneMoment && this.isLookedAt) return this.known;
    const mark = this.deps.mark();
    const now = this.deps.clock.now();
    if (mark !== this.known.mark || !this.isFresh(now)) this.known = new Known(mark, now);
    this.isLookedAt = true;
    return this.known;
  }
}
