import type { Caller, Role } from "../domain/access.ts";
import type { Given } from "./accounts/credentials.ts";
import type { Awaitable, Clock } from "./ports.ts";

/** Who callers are and what is theirs. */
interface Callers {
  resolve(given: Given): Awaitable<Caller>;
  roleOn(caller: Caller, checklistId: string): Awaitable<Role | undefined>;
}

interface Deps {
  readonly clock: Clock;
  /** Differs once anything in the store has changed, whoever changed it; undefined: that can't be told. */
  readonly changeMark: () => number | undefined;
}

/** What ends by itself, because time passes, ends at most so much later. */
const REMEMBERED_MS = 1_000;
const CALLERS_MAX = 1_000;

/**
 * Remembers who callers are for as long as nothing in the store has changed. Each time it asks the store for that: it is
 * one look at a counter instead of three rows, one of which would have to be hashed for.
 */
export class RememberedCallers implements Callers {
  private mark: number | undefined;
  private until = 0;
  private callers = new Map<string, Caller>();
  /** By caller as remembered; a caller of another time has none here. */
  private roles = new WeakMap<Caller, Map<string, Role | undefined>>();

  constructor(
    private readonly source: Callers,
    private readonly deps: Deps,
  ) {}

  resolve(given: Given): Awaitable<Caller> {
    const { session, bearer, vouched } = given;
    // What a proxy says counts for this request alone.
    const isSecret = vouched === undefined && (session ?? bearer) !== undefined;
    if (!isSecret || !this.isUsable()) return this.source.resolve(given);
    const key = bearer === undefined ? `session ${session}` : `bearer ${bearer}`;
    const known = this.callers.get(key);
    if (known) return known;
    const found = this.source.resolve(given);
    // Guesses are not remembered: they would drive out those who are somebody.
    if (found instanceof Promise || found.kind === "nobody") return found;
    if (this.callers.size >= CALLERS_MAX) this.callers.clear();
    this.callers.set(key, found);
    this.roles.set(found, new Map());
    return found;
  }

  roleOn(caller: Caller, checklistId: string): Awaitable<Role | undefined> {
    const known = this.isUsable() ? this.roles.get(caller) : undefined;
    if (known?.has(checklistId)) return known.get(checklistId);
    const found = this.source.roleOn(caller, checklistId);
    if (found instanceof Promise || found === undefined) return found;
    known?.set(checklistId, found);
    return found;
  }

  /** Forgets everything once it may be wrong. */
  private isUsable(): boolean {
    const mark = this.deps.changeMark();
    if (mark === undefined) return false;
    const now = this.deps.clock.now();
    if (mark !== this.mark || now >= this.until || now < this.until - REMEMBERED_MS) {
      this.mark = mark;
      this.until = now + REMEMBERED_MS;
      this.callers = new Map();
      this.roles = new WeakMap();
    }
    return true;
  }
}
