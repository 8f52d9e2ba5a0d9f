import type { Clock, Log } from "../../application/ports.ts";
import { BackfillState, RepeatedCheck } from "./backfill.ts";
import { ChecklistPages } from "./checklist-pages.ts";
import type { DefaultOwner } from "./default-owner.ts";
import { OWNED_COLUMNS, ownedRow } from "./list-owners.ts";
import type { Session } from "./session.ts";
import { FROM_BEFORE, type UserIndex } from "./user-index.ts";

/** What instances note that know owners of lists: the number of the migration that brought them. */
export const OWNERS_RELEASE = 11;
/** After this every instance knows of the default owner, and enters new lists without an owner itself, ms. */
export const ALL_KNOW_MS = 30_000;

const LOOK_EVERY_MS = 60_000;
const LOOK_SOON_MS = 2_000;
/** Lists between two records of how far it is. Requests wait while so many are decoded. */
const LISTS_TOGETHER = 200;

/** Of the default owner: since when it waits, how far it is, or when it was done. */
interface State {
  readonly owner: string;
  readonly phase: "wait" | "after" | "done";
  /** Milliseconds since the Unix epoch, or a place in the order of lists; empty: the beginning. */
  readonly at: string;
}

/**
 * Writes the entries of lists from the time without accounts for the default owner, once, list by list. It begins when
 * every instance knows of that owner and none of an earlier release is left, records how far it is, and is continued by
 * any instance. Until it has finished, that owner's lists are found by looking at all.
 */
export class Adoption {
  private doneFor: string | undefined;
  private readonly checks: RepeatedCheck;
  private readonly state: BackfillState;
  /** Also those in the trash: one may be restored. */
  private readonly lists: ChecklistPages<ReturnType<typeof ownedRow>["value"]>;

  constructor(
    session: Session,
    private readonly index: UserIndex,
    private readonly owner: DefaultOwner,
    log: Log,
    private readonly clock: Clock,
    private readonly allKnowMs: number,
  ) {
    this.state = new BackfillState(session, "adoption", OWNERS_RELEASE, clock);
    this.lists = new ChecklistPages(session, ownedRow, OWNED_COLUMNS);
    this.checks = new RepeatedCheck(
      () => this.check(),
      (error) => log.warn("adopting lists without an owner failed and will be tried again", { error }),
      () => (this.doneFor === undefined ? LOOK_SOON_MS : LOOK_EVERY_MS),
    );
  }

  /** Whether every list without an owner has an entry of this user's. Begins the work where it is the default owner. */
  async isDone(userId: string): Promise<boolean> {
    if (this.doneFor !== userId) await this.checks.settled();
    return this.doneFor === userId;
  }

  close(): Promise<void> {
    return this.checks.close();
  }

  private async check(): Promise<void> {
    const owner = await this.owner.get();
    if (owner === undefined) return;
    const value = await this.state.read();
    const earlier = await this.state.earlierInstances();
    const now = this.clock.now();
    const state = stateFrom(value);
    const isUndone = state?.phase === "done" && earlier.haveWrittenSince(Number(state.at));
    if (state?.owner !== owner || isUndone) {
      this.doneFor = undefined;
      if (this.allKnowMs > 0) return void (await this.move(value, { owner, phase: "wait", at: String(now) }));
      return this.adopt(value, { owner, phase: "after", at: "" });
    }
    if (state.phase === "done") this.doneFor = owner;
    else if (earlier.areThere) return;
    else if (state.phase === "after") await this.adopt(value, state);
    else if (now - Number(state.at) >= this.allKnowMs)
      await this.adopt(value, { owner, phase: "after", at: "" });
  }

  private move(from: string, { phase, owner, at }: State): Promise<string | undefined> {
    return this.state.move(from, `${phase} ${owner} ${at}`);
  }

  private async adopt(from: string, { owner, at }: State): Promise<void> {
    let value: string | undefined = from;
    let place = at;
    while (value !== undefined && !this.checks.isClosed) {
      const { items, next } = await this.lists.page(place === "" ? undefined : place, LISTS_TOGETHER);
      const ownerless = items.filter((list) => list.owner === null).map(({ id }) => id);
      await this.index.addAll(owner, ownerless, FROM_BEFORE);
      if (this.checks.isClosed) return;
      const isLast = next === undefined;
      const to = { owner, phase: isLast ? "done" : "after", at: next ?? String(this.clock.now()) } as const;
      value = await this.move(value, to);
      if (isLast && value !== undefined) this.doneFor = owner;
      if (isLast) return;
      place = next;
    }
  }
}

function stateFrom(value: string): State | undefined {
  const [phase, owner, at] = value.split(" ");
  if (phase !== "wait" && phase !== "after" && phase !== "done") return undefined;
  return owner === undefined || at === undefined ? undefined : { owner, phase, at };
}
