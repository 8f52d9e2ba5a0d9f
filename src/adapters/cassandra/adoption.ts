import { boundedly } from "../../application/copy/work.ts";
import type { Clock, Log } from "../../application/ports.ts";
import { ChecklistPages } from "./checklist-pages.ts";
import type { DefaultOwner } from "./default-owner.ts";
import { OWNERSHIP_COLUMNS, ownedRow } from "./list-owners.ts";
import { CHECKLIST_COLUMNS, milliseconds, text, whole } from "./rows.ts";
import type { Session } from "./session.ts";
import { FROM_BEFORE, type UserIndex } from "./user-index.ts";

/** What instances note that know owners of lists: the number of the migration that brought them. */
export const OWNERS_RELEASE = 11;
/** After this every instance knows of the default owner, and enters new lists without an owner itself, ms. */
export const ALL_KNOW_MS = 30_000;

const LOOK_EVERY_MS = 60_000;
const LOOK_SOON_MS = 2_000;
/** Longest that a request waits for a check in progress, ms: on a small keyspace it also does all there is to do. */
const PATIENCE_MS = 1_000;
/** An instance that has not noted itself for this long has ended: it notes once a minute, and clocks differ. */
const ENDED_AFTER_MS = 130_000;
/** How far apart clocks may be. */
const SKEW_MAX_MS = 60_000;
/** Lists between two records of how far it is, and how many of them at once. */
const LISTS_TOGETHER = 200;
const LISTS_AT_ONCE = 32;

const STATE = "SELECT value FROM meta WHERE key = 'adoption'";
const MOVE = "UPDATE meta SET value = ? WHERE key = 'adoption' IF value = ?";
const WRITERS = "SELECT release, seen_at FROM change_writer WHERE shard = 0";

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
  private closed = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private work: Promise<void> | undefined;
  /** Also those in the trash: one may be restored. */
  private readonly lists: ChecklistPages<ReturnType<typeof ownedRow>["value"]>;

  constructor(
    private readonly session: Session,
    private readonly index: UserIndex,
    private readonly owner: DefaultOwner,
    private readonly log: Log,
    private readonly clock: Clock,
    private readonly allKnowMs: number,
  ) {
    this.lists = new ChecklistPages(
      session,
      ownedRow,
      `${CHECKLIST_COLUMNS}, trash_record, ${OWNERSHIP_COLUMNS}`,
    );
  }

  /** Whether every list without an owner has an entry of this user's. Begins the work where it is the default owner. */
  async isDone(userId: string): Promise<boolean> {
    if (this.doneFor !== userId) {
      this.work ??= this.look();
      await Promise.race([this.work, Bun.sleep(PATIENCE_MS)]);
    }
    return this.doneFor === userId;
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.work;
  }

  private async look(): Promise<void> {
    try {
      await this.check();
    } catch (error) {
      if (!this.closed)
        this.log.warn("adopting lists without an owner failed and will be tried again", { error });
    }
    if (this.closed) return;
    const pauseMs = (this.doneFor === undefined ? LOOK_SOON_MS : LOOK_EVERY_MS) * (0.5 + Math.random());
    this.timer = setTimeout(() => {
      this.work = this.look();
    }, pauseMs);
    this.timer.unref();
  }

  private async check(): Promise<void> {
    const owner = await this.owner.get();
    if (owner === undefined) return;
    const value = text((await this.session.row(STATE, [], this.session.serialRead))?.value);
    const seenAt = await this.earlierSeenAt();
    const now = this.clock.now();
    const state = stateFrom(value);
    if (state?.owner !== owner || (state.phase === "done" && seenAt > Number(state.at) - SKEW_MAX_MS)) {
      this.doneFor = undefined;
      if (this.allKnowMs > 0) return void (await this.move(value, { owner, phase: "wait", at: String(now) }));
      return this.adopt(value, { owner, phase: "after", at: "" });
    }
    if (state.phase === "done") this.doneFor = owner;
    else if (now - seenAt < ENDED_AFTER_MS) return;
    else if (state.phase === "after") await this.adopt(value, state);
    else if (now - Number(state.at) >= this.allKnowMs)
      await this.adopt(value, { owner, phase: "after", at: "" });
  }

  /** When an instance of an earlier release noted itself last, milliseconds since the Unix epoch. */
  private async earlierSeenAt(): Promise<number> {
    const writers = await this.session.rows(WRITERS, []);
    const earlier = writers.filter(({ release }) => release === null || whole(release) < OWNERS_RELEASE);
    return Math.max(0, ...earlier.map(({ seen_at }) => milliseconds(seen_at)));
  }

  /** @returns undefined if another instance has moved it, or it is unknown: it is read again later */
  private async move(from: string, to: State): Promise<string | undefined> {
    const value = `${to.phase} ${to.owner} ${to.at}`;
    const answer = await this.session.attempt(MOVE, [value, from]);
    return answer?.["[applied]"] === true ? value : undefined;
  }

  private async adopt(from: string, { owner, at }: State): Promise<void> {
    let value: string | undefined = from;
    let place = at;
    while (value !== undefined && !this.closed) {
      const { items, next } = await this.lists.page(place === "" ? undefined : place, LISTS_TOGETHER);
      const ownerless = items.filter((list) => list.owner === null);
      await boundedly(ownerless, LISTS_AT_ONCE, ({ id }) => this.index.add(owner, id, FROM_BEFORE));
      if (this.closed) return;
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
