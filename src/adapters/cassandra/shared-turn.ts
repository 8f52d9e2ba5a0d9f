import type { Log } from "../../application/ports.ts";
import { TodosError } from "../../domain/errors.ts";
import type { Session } from "./session.ts";

const SELECT = "SELECT instance, ticket, writetime(ticket) AS beat FROM turn WHERE partition = ?";
/** By the newest task: after deletions, the oldest are behind tombstones. */
const SELECT_DONE = "SELECT turn_done FROM todo WHERE checklist_id = ? ORDER BY id DESC LIMIT 1";
const PUT = "INSERT INTO turn (partition, instance, ticket) VALUES (?, ?, ?) USING TIMESTAMP ? AND TTL ?";

/** How long an instance stays in the queue after its last sign of life, s. */
export const REMEMBERED_S = 10;
/** After this long without another instance in the queue, nobody uses the queue any more, ms. */
export const ALONE_AFTER_MS = REMEMBERED_S * 1_000;
/** An instance that has seen nobody else checks again this often while it writes, ms, and renews its row. */
const LOOK_EVERY_MS = 250;
const NAME_EVERY_MS = 3_000;
/** Longest wait for the rows of those that came at the same time, ms. */
const SETTLE_MS_MAX = 100;
/** Longest and shortest turn, ms; in between, everyone waiting shares a round. */
const TURN_MS_MAX = 100;
const TURN_MS_MIN = 10;
const ROUND_MS = 800;
/**
 * The holder of the turn renews it this often, ms, because its write may take long. After this long without renewal it
 * counts as dead.
 */
const BEAT_EVERY_MS = 250;
const DEAD_AFTER_MS = 1_500;
/** Longest wait for a turn, ms; then the write proceeds without one. */
const WAIT_MS_MAX = 5_000;
/** Between two checks of the next in line, ms; others check less often. */
const POLL_MS_MIN = 2;
const POLL_MS_MAX = 300;
/** The next in line reads the whole queue this often, ms, and in between only checks whether the one before it is done. */
const LOOK_NEXT_MS = 25;
/** Estimated length of a turn before one has been seen, ms, and the weight of each one seen. */
const TURN_MS_GUESSED = 20;
const NEWEST_COUNTS = 0.2;

type Mark = Pick<Place, "ticket" | "instance">;

/** An instance in the queue. Ticket 0: it is present, but does not want a turn now. */
interface Place {
  readonly instance: string;
  readonly ticket: number;
  /** When it last said so, by its own clock, us. */
  readonly beat: number;
}

/**
 * The queue of instances that write to one partition, in the store: each takes a number higher than those it sees, and
 * the one with the lowest writes for a short time. Plain rows, no transactions: if two believe it is their turn, they
 * hinder each other as without a queue, and nothing goes wrong.
 */
export class SharedTurn {
  private ticket = 0;
  /** The turn has not been passed on. */
  private wants = true;
  private readonly partition: string;
  private beating: ReturnType<typeof setInterval> | undefined;
  private holdsUntil = 0;
  /** Nobody was before it at its last check. */
  private isFirst = false;
  private others: readonly Place[] = [];
  private highest = 0;
  /** Places up to this one are done. */
  private lastDone: Mark = { ticket: 0, instance: "" };
  private lookedAt = Number.NEGATIVE_INFINITY;
  private namedAt = Number.NEGATIVE_INFINITY;
  private metAt = performance.now();
  private first: { readonly place: Place; readonly since: number } | undefined;
  private readonly dead = new Map<string, number>();
  private turnMs = TURN_MS_GUESSED;
  /** Statements in progress that nobody waits for. */
  private behind: Promise<void> | undefined;
  private stampedAt = 0;

  constructor(
    private readonly session: Session,
    private readonly table: string,
    private readonly key: string,
    private readonly instance: string,
    private readonly log: Log,
  ) {
    this.partition = `${table}/${key}`;
    this.beat();
    this.inBackground(async () => {
      const startedAt = performance.now();
      await this.put(this.wants ? this.nextTicket() : 0);
      // Instances that came at the same time are seen once their rows are visible.
      await Bun.sleep(Math.min(SETTLE_MS_MAX, performance.now() - startedAt));
      await this.look();
    });
  }

  /** No other instance has been seen for long. */
  get alone(): boolean {
    return performance.now() - this.metAt > ALONE_AFTER_MS;
  }

  /** Resolves when this instance has seen the others, and they can see it. */
  async introduced(): Promise<void> {
    await this.behind;
  }

  /** Resolves when it is this instance's turn, or when there is nothing more to wait for. */
  async begin(latest: number): Promise<void> {
    const now = performance.now();
    if (now < this.holdsUntil) return;
    if (this.others.length === 0) {
      if (now - this.lookedAt > LOOK_EVERY_MS) this.glance();
      return;
    }
    try {
      await this.queueUp(Math.min(latest, now + WAIT_MS_MAX));
    } catch (error) {
      if (!(error instanceof TodosError)) throw error;
      this.failed(error);
    }
    this.beat();
    const waiting = this.others.filter((place) => this.waits(place)).length;
    const shareMs = ROUND_MS / (waiting + 1);
    this.holdsUntil = performance.now() + Math.min(TURN_MS_MAX, Math.max(TURN_MS_MIN, shareMs));
  }

  /**
   * @param more another write of this instance waits
   * @returns what the next transaction must write to pass the turn on; undefined if it must not
   */
  done(more: boolean): string | undefined {
    const now = performance.now();
    // An instance that no longer waited would mark places before it as done.
    if (!this.isFirst || this.holdsUntil === 0 || (more && now < this.holdsUntil)) return undefined;
    const me = { ticket: this.ticket, instance: this.instance };
    return markText(comesBefore(me, this.lastDone) ? this.lastDone : me);
  }

  /** The transaction with that was applied. */
  given(): void {
    this.holdsUntil = 0;
    this.wants = false;
    this.ticket = 0;
    this.stopBeating();
  }

  /** @param more another write of this instance waits */
  end(more: boolean): void {
    if (more && performance.now() < this.holdsUntil) return;
    this.holdsUntil = 0;
    this.wants = false;
    this.stopBeating();
    // The next ticket of the same instance already ends this turn.
    const goesOn = more && this.others.length > 0;
    if (!goesOn && (this.ticket > 0 || this.behind)) this.inBackground(() => this.put(0));
  }

  private async queueUp(until: number): Promise<void> {
    this.isFirst = false;
    this.stopBeating();
    await this.behind;
    if (!this.wants || this.ticket === 0) {
      this.wants = true;
      await this.put(this.nextTicket());
    }
    let before: { readonly ahead: number; readonly at: number } | undefined;
    for (;;) {
      if (before?.ahead === 1 && performance.now() - this.lookedAt < LOOK_NEXT_MS) await this.lookAtDone();
      else await this.look();
      const ahead = this.ahead();
      const now = performance.now();
      if (before && ahead < before.ahead) {
        this.turnMs += ((now - before.at) / (before.ahead - ahead) - this.turnMs) * NEWEST_COUNTS;
      }
      if (!before || ahead < before.ahead) before = { ahead, at: now };
      this.isFirst = ahead === 0;
      if (this.isFirst || now >= until) return;
      await Bun.sleep(Math.min(this.pauseMs(ahead), until - now));
    }
  }

  /** How many are before this instance. */
  private ahead(): number {
    const me = { instance: this.instance, ticket: this.ticket };
    const before = this.others
      .filter((place) => this.waits(place) && comesBefore(place, me) && !this.isDead(place))
      .sort((a, b) => (comesBefore(a, b) ? -1 : 1));
    const [first] = before;
    if (!first) {
      this.first = undefined;
      return 0;
    }
    const now = performance.now();
    if (this.first?.place.instance !== first.instance || this.first.place.beat !== first.beat) {
      this.first = { place: first, since: now };
    } else if (now - this.first.since > DEAD_AFTER_MS) {
      this.dead.set(first.instance, first.beat);
      return this.ahead();
    }
    return before.length;
  }

  private waits(place: Place): boolean {
    return place.ticket > 0 && comesBefore(this.lastDone, place);
  }

  private isDead({ instance, beat }: Place): boolean {
    return this.dead.get(instance) === beat;
  }

  private pauseMs(ahead: number): number {
    if (ahead === 1) return POLL_MS_MIN;
    return Math.min(POLL_MS_MAX, (ahead - 1) * this.turnMs * (0.5 + Math.random() / 2));
  }

  private async look(): Promise<void> {
    const [rows] = await Promise.all([
      this.session.rows(SELECT, [this.partition]),
      this.others.length > 0 ? this.lookAtDone() : undefined,
    ]);
    const places = rows.map(({ instance, ticket, beat }) => ({
      instance: String(instance),
      ticket: Number(String(ticket)),
      beat: Number(String(beat)),
    }));
    this.others = places.filter(({ instance }) => instance !== this.instance);
    this.highest = Math.max(0, ...places.map(({ ticket }) => ticket), this.highest, this.lastDone.ticket);
    this.lookedAt = performance.now();
    if (this.others.length > 0) this.metAt = this.lookedAt;
  }

  private async lookAtDone(): Promise<void> {
    if (this.table !== "todo") return;
    const row = await this.session.row(SELECT_DONE, [this.key]);
    const mark = markOf(row?.turn_done);
    if (comesBefore(this.lastDone, mark)) this.lastDone = mark;
  }

  private async put(ticket: number): Promise<void> {
    this.ticket = ticket;
    this.namedAt = performance.now();
    await this.session.write(PUT, [this.partition, this.instance, ticket, this.stamp(), REMEMBERED_S]);
  }

  /** While it has the turn. */
  private beat(): void {
    this.beating ??= setInterval(() => {
      if (!this.behind && this.ticket > 0) this.inBackground(() => this.put(this.ticket));
    }, BEAT_EVERY_MS);
  }

  private stopBeating(): void {
    clearInterval(this.beating);
    this.beating = undefined;
  }

  /** By the clock: if two take one at the same time, one is rarely seen only after the later one has started. */
  private nextTicket(): number {
    return Math.max(Date.now(), this.highest + 1);
  }

  /** Microseconds, each later than the previous one: nodes' clocks must not let an older row win. */
  private stamp(): number {
    this.stampedAt = Math.max(Date.now() * 1_000, this.stampedAt + 1);
    return this.stampedAt;
  }

  /** Checks for others, and becomes visible to them; nobody waits for it. */
  private glance(): void {
    if (this.behind) return;
    this.inBackground(async () => {
      if (performance.now() - this.namedAt > NAME_EVERY_MS) await this.put(0);
      await this.look();
    });
  }

  /** The queue is a courtesy: without it everyone writes as before, and the write itself reports failures. */
  private failed(error: unknown): void {
    // Nobody waits for statements in progress while the store closes.
    if (!this.session.closed) this.log.debug("the queue of a partition could not be used", { error });
  }

  /** One after the other. */
  private inBackground(run: () => Promise<void>): void {
    const before = this.behind ?? Promise.resolve();
    const behind = before.then(run).catch((error: unknown) => this.failed(error));
    this.behind = behind;
    void behind.then(() => {
      if (this.behind === behind) this.behind = undefined;
    });
  }
}

function markText({ ticket, instance }: Mark): string {
  return `${ticket} ${instance}`;
}

function markOf(cell: unknown): Mark {
  const [ticket, instance = ""] = typeof cell === "string" ? cell.split(" ") : [];
  return { ticket: Number(ticket ?? 0), instance };
}

function comesBefore(a: Mark, b: Mark): boolean {
  return a.ticket < b.ticket || (a.ticket === b.ticket && a.instance < b.instance);
}
