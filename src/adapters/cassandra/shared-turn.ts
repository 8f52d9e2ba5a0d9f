import { TodosError } from "../../domain/errors.ts";
import type { Session } from "./session.ts";

const SELECT = "SELECT instance, ticket, writetime(ticket) AS beat FROM turn WHERE partition = ?";
const PUT = "INSERT INTO turn (partition, instance, ticket) VALUES (?, ?, ?) USING TIMESTAMP ? AND TTL ?";

/** How long an instance is remembered in the queue after its last word, s. */
const REMEMBERED_S = 10;
/** Without another instance in the queue for so long, nobody queues up any more, ms. */
export const ALONE_AFTER_MS = REMEMBERED_S * 1_000;
/** An instance that has seen nobody else looks again this often while it writes, ms; and puts its name there again. */
const LOOK_EVERY_MS = 250;
const NAME_EVERY_MS = 3_000;
/** What is known of the queue is good enough to take the next ticket by, ms. */
const FRESH_MS = 100;
/** A turn lasts so long at most, ms, and at least; in between all who wait share a round. */
const TURN_MS_MAX = 100;
const TURN_MS_MIN = 10;
const ROUND_MS = 800;
/** Who has the turn says so again this often, ms: its write may take long. Who has not for so long is believed dead. */
const BEAT_EVERY_MS = 250;
const DEAD_AFTER_MS = 1_000;
/** Longest wait for a turn, ms; then the write goes without one. */
const WAIT_MS_MAX = 4_000;
/** Between two looks of the one whose turn is next, ms; others look less often. */
const POLL_MS_MIN = 2;
const POLL_MS_MAX = 200;
/** What a turn is thought to take before one has been seen, ms, and how much each that is seen counts. */
const TURN_MS_GUESSED = 20;
const NEWEST_COUNTS = 0.2;

/** An instance in the queue. Ticket 0: it is there, and wants nothing at the moment. */
interface Place {
  readonly instance: string;
  readonly ticket: number;
  /** When it last said so, by its own clock, us. */
  readonly beat: number;
}

/**
 * The queue of instances that write to one partition, in the store: each takes a number above those it sees, and
 * the one with the lowest writes, for a short while. Plain rows, no transaction: two that believe it is their turn
 * hinder each other as they would without a queue, and nothing is wrong.
 */
export class SharedTurn {
  private ticket = 0;
  /** The ticket has not been given away. */
  private wants = true;
  private beating: ReturnType<typeof setInterval> | undefined;
  private holdsUntil = 0;
  private others: readonly Place[] = [];
  private highest = 0;
  private lookedAt = Number.NEGATIVE_INFINITY;
  private namedAt = Number.NEGATIVE_INFINITY;
  private metAt = performance.now();
  private first: { readonly place: Place; readonly since: number } | undefined;
  private readonly dead = new Map<string, number>();
  private turnMs = TURN_MS_GUESSED;
  /** What is under way to the store that nobody waits for. */
  private behind: Promise<void> | undefined;
  private stampedAt = 0;

  constructor(
    private readonly session: Session,
    private readonly partition: string,
    private readonly instance: string,
  ) {
    this.beat();
    this.inBackground(async () => {
      await this.look();
      if (this.wants) await this.put(this.highest + 1);
      else await this.put(0);
      await this.look();
    });
  }

  /** Nobody else has been met for long. */
  get alone(): boolean {
    return performance.now() - this.metAt > ALONE_AFTER_MS;
  }

  /** Resolves when it is this instance's turn, or at the latest when nothing is to be waited for. */
  async begin(latest: number): Promise<void> {
    const now = performance.now();
    if (now < this.holdsUntil) return;
    if (this.others.length === 0) {
      if (now - this.lookedAt > LOOK_EVERY_MS) this.glance();
      return;
    }
    await asCourtesy(() => this.queueUp(Math.min(latest, now + WAIT_MS_MAX)));
    this.beat();
    const waiting = this.others.filter(({ ticket }) => ticket > 0).length;
    const shareMs = ROUND_MS / (waiting + 1);
    this.holdsUntil = performance.now() + Math.min(TURN_MS_MAX, Math.max(TURN_MS_MIN, shareMs));
  }

  /** @param more another write of this instance waits */
  end(more: boolean): void {
    if (more && performance.now() < this.holdsUntil) return;
    this.holdsUntil = 0;
    this.wants = false;
    clearInterval(this.beating);
    this.beating = undefined;
    // The next ticket of the same instance gives this turn away by itself.
    const goesOn = more && this.others.length > 0;
    if (!goesOn && (this.ticket > 0 || this.behind)) this.inBackground(() => this.put(0));
  }

  private async queueUp(until: number): Promise<void> {
    await this.behind;
    if (!this.wants || this.ticket === 0) {
      if (performance.now() - this.lookedAt > FRESH_MS) await this.look();
      this.wants = true;
      await this.put(this.highest + 1);
    }
    let before: { readonly ahead: number; readonly at: number } | undefined;
    for (;;) {
      await this.look();
      const ahead = this.ahead();
      const now = performance.now();
      if (before && ahead < before.ahead) {
        this.turnMs += ((now - before.at) / (before.ahead - ahead) - this.turnMs) * NEWEST_COUNTS;
      }
      if (!before || ahead < before.ahead) before = { ahead, at: now };
      if (ahead === 0 || now >= until) return;
      await Bun.sleep(Math.min(this.pauseMs(ahead), until - now));
    }
  }

  /** How many are before this instance. */
  private ahead(): number {
    const me = { instance: this.instance, ticket: this.ticket };
    const before = this.others
      .filter((place) => place.ticket > 0 && comesBefore(place, me) && !this.isDead(place))
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

  private isDead({ instance, beat }: Place): boolean {
    return this.dead.get(instance) === beat;
  }

  private pauseMs(ahead: number): number {
    if (ahead === 1) return POLL_MS_MIN;
    return Math.min(POLL_MS_MAX, (ahead - 1) * this.turnMs * (0.5 + Math.random() / 2));
  }

  private async look(): Promise<void> {
    const rows = await this.session.rows(SELECT, [this.partition]);
    const places = rows.map(({ instance, ticket, beat }) => ({
      instance: String(instance),
      ticket: Number(String(ticket)),
      beat: Number(String(beat)),
    }));
    this.others = places.filter(({ instance }) => instance !== this.instance);
    this.highest = Math.max(0, ...places.map(({ ticket }) => ticket), this.highest);
    this.lookedAt = performance.now();
    if (this.others.length > 0) this.metAt = this.lookedAt;
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

  /** Microseconds, each later than the one before: nodes' clocks must not let an older row win. */
  private stamp(): number {
    this.stampedAt = Math.max(Date.now() * 1_000, this.stampedAt + 1);
    return this.stampedAt;
  }

  /** Sees whether there are others, and is seen by them; nobody waits for it. */
  private glance(): void {
    if (this.behind) return;
    this.inBackground(async () => {
      if (performance.now() - this.namedAt > NAME_EVERY_MS) await this.put(0);
      await this.look();
    });
  }

  /** One after the other. */
  private inBackground(run: () => Promise<void>): void {
    const before = this.behind ?? Promise.resolve();
    // Whatever it is that fails, a write meets it too, and is answered for it.
    const behind = before.then(run).catch(() => {});
    this.behind = behind;
    void behind.then(() => {
      if (this.behind === behind) this.behind = undefined;
    });
  }
}

function comesBefore(a: Pick<Place, "ticket" | "instance">, b: Pick<Place, "ticket" | "instance">): boolean {
  return a.ticket < b.ticket || (a.ticket === b.ticket && a.instance < b.instance);
}

/** Where the store can't tell whose turn it is, everybody writes as without a queue, and hears from the write itself. */
async function asCourtesy(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof TodosError)) throw error;
  }
}
