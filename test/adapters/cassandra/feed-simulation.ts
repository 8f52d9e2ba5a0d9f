// A service of many instances in simulated time: writers with different clocks that are slow, late, or die, readers
// that come and go, and listeners that move between them. Only the writers' protocol is simulated; the program's own
// code reads, sends and resumes.
import { spyOn } from "bun:test";
import type { WriterNote } from "../../../src/adapters/cassandra/feed/log.ts";
import { missedSince } from "../../../src/adapters/cassandra/feed/missed.ts";
import { decodedPosition } from "../../../src/adapters/cassandra/feed/position.ts";
import { ChangeReader } from "../../../src/adapters/cassandra/feed/reader.ts";
import { FEED_TIMES } from "../../../src/adapters/cassandra/feed/times.ts";
import type { ChangeEntry } from "../../../src/application/ports.ts";
import { type Random, seededRandom } from "../../support/random.ts";
import { KeptLog } from "../sqlite/support.ts";
import { ModelLog } from "./feed-model.ts";
import { change, EPOCH } from "./feed-support.ts";

const BEGUN_AT = Date.UTC(2026, 0, 2);
const CLOCKS_APART_MS = 4_000;
const TIMES = { ...FEED_TIMES, quietMs: 8_000, presenceEveryMs: 20_000, pollEveryMs: 2 ** 30 };
const ROUND_MS = 300;
/** All that is told late is told by then. */
const DRAIN_MS = 60_000;

export interface SimulationOptions {
  readonly seed: number;
  readonly writers: number;
  /** Chance of a change in every 100 ms, of each writer. */
  readonly restless: number;
  readonly durationMs: number;
}

export interface Outcome {
  readonly happened: number;
  readonly deaths: number;
  readonly resumes: number;
  readonly resyncs: number;
  /** Changes that a listener should have received, but did not. */
  readonly missed: string[];
  /** Changes that were sent before they happened, and not again afterwards. */
  readonly tooEarly: string[];
}

export async function simulate(options: SimulationOptions): Promise<Outcome> {
  const world = new World(options);
  const mono = spyOn(performance, "now").mockImplementation(() => world.now);
  try {
    return await world.run();
  } finally {
    mono.mockRestore();
  }
}

class World {
  now = 0;
  readonly log = new ModelLog();
  readonly restless: number;
  readonly random: Random;
  readonly happenedAt = new Map<string, number>();
  private readonly due: { readonly at: number; readonly run: () => void }[] = [];
  private readonly listeners: SimListener[] = [];
  readers: SimReader[] = [];
  isOver = false;
  deaths = 0;
  resumes = 0;
  resyncs = 0;

  constructor(private readonly options: SimulationOptions) {
    this.random = seededRandom(options.seed);
    this.restless = options.restless;
  }

  /** A clock that is wrong by a constant. */
  clock(): { now: () => number } {
    const offMs = this.random.below(2 * CLOCKS_APART_MS) - CLOCKS_APART_MS;
    return { now: () => BEGUN_AT + this.now + offMs };
  }

  after(ms: number, run: () => void): void {
    this.due.push({ at: this.now + ms, run });
  }

  /** Most take a moment, some as long as allowed. */
  delay(mostMs: number): number {
    return this.random.next() < 0.9 ? this.random.below(40) : this.random.below(mostMs);
  }

  async run(): Promise<Outcome> {
    const { durationMs, writers } = this.options;
    for (let i = 0; i < writers; i++)
      this.after(this.random.below(durationMs / 2), () => new SimWriter(this));
    for (let i = 0; i < 3; i++) this.readers.push(await SimReader.start(this));
    for (let i = 0; i < 6; i++) this.listeners.push(new SimListener(this));
    for (; this.now < durationMs + DRAIN_MS; this.now += 50) {
      this.isOver = this.now >= durationMs;
      this.runDue();
      for (const reader of this.readers) await reader.roundWhenDue();
      if (!this.isOver && this.random.next() < 0.005) await this.replaceReader();
      for (const listener of this.listeners) await listener.step();
    }
    for (const reader of this.readers) reader.stop();
    return this.outcome();
  }

  private runDue(): void {
    for (;;) {
      this.due.sort((a, b) => b.at - a.at);
      const next = this.due.at(-1);
      if (!next || next.at > this.now) return;
      this.due.pop();
      next.run();
    }
  }

  /** An instance is replaced by another, as in a deploy, one by one. */
  private async replaceReader(): Promise<void> {
    const old = this.readers.shift();
    this.readers.push(await SimReader.start(this));
    for (const listener of this.listeners) if (listener.reader === old) listener.leave();
    old?.stop();
  }

  private outcome(): Outcome {
    const missed = new Set<string>();
    const tooEarly = new Set<string>();
    for (const listener of this.listeners) {
      for (const [id, at] of this.happenedAt) {
        const toldAt = listener.toldAt.get(id);
        if (toldAt === undefined && at > listener.readEverythingAt) missed.add(id);
        else if (toldAt !== undefined && toldAt < at) tooEarly.add(id);
      }
    }
    const { deaths, resumes, resyncs } = this;
    const outcome = { happened: this.happenedAt.size, deaths, resumes, resyncs };
    return { ...outcome, missed: [...missed], tooEarly: [...tooEarly] };
  }
}

/** Follows the same rules as `Presence` and `ChangeWriter`. */
class SimWriter {
  private readonly name = `w${crypto.randomUUID().slice(0, 7)}`;
  private readonly clock: { now: () => number };
  private last = 0;
  private head = 0;
  private headAt = 0;
  private undecided = new Set<number>();
  private state: "closed" | "opening" | "open" | "dead" = "closed";
  private notedAt = Number.NEGATIVE_INFINITY;
  private usedAt = 0;
  private noting = false;
  private noteDueAt = Number.POSITIVE_INFINITY;
  /** Now and then the store accepts no notes from it. */
  private deafUntil = 0;

  constructor(private readonly world: World) {
    this.clock = world.clock();
    this.tick();
  }

  private tick(): void {
    if (this.state === "dead") return;
    const { world } = this;
    const { random, now } = world;
    if (!world.isOver && random.next() < 0.002) this.deafUntil = now + random.below(20_000);
    if (!world.isOver && random.next() < world.restless / 25) {
      this.die();
      return;
    }
    if (now >= this.noteDueAt) this.noteOnTime();
    if (!world.isOver && random.next() < world.restless) this.announce();
    world.after(100, () => this.tick());
  }

  private die(): void {
    this.state = "dead";
    this.world.deaths++;
    if (!this.world.isOver) this.world.after(1_000, () => new SimWriter(this.world));
  }

  private holds(): boolean {
    return this.state === "open" && this.world.now - this.notedAt <= TIMES.leaseMs;
  }

  private announce(): void {
    this.usedAt = this.world.now;
    if (!this.holds()) {
      this.open();
      return;
    }
    const begunAt = this.world.now;
    const n = ++this.head;
    const at = Math.max(this.last, this.clock.now());
    [this.last, this.headAt] = [at, at];
    this.undecided.add(n);
    const id = `${this.name}:${n}`;
    const { log } = this.world;
    this.world.after(this.world.delay(TIMES.announceMs + 500), () => {
      void log.record(this.name, [{ n, change: change(id), at }]);
      // A writer that died has still sent it, and makes no change afterwards.
      if (this.state === "dead") return;
      if (this.world.now - begunAt > TIMES.announceMs) return this.settle(n, "dropped");
      this.write(n, id);
    });
  }

  private write(n: number, id: string): void {
    const { world } = this;
    const fate = world.random.next();
    world.after(world.delay(5_000), () => {
      if (this.state === "dead") return;
      if (fate < 0.2) return this.settle(n, "dropped");
      world.happenedAt.set(id, world.now);
      // Its outcome may be unknown, and the writer may die before it can report it.
      if (fate < 0.3) return;
      if (fate < 0.33) return this.die();
      this.settle(n, "happened");
    });
  }

  private settle(n: number, state: "happened" | "dropped"): void {
    this.undecided.delete(n);
    this.world.after(25 + this.world.delay(2_000), () => {
      void this.world.log.settle(this.name, [{ n, state }]);
      this.noteDueAt = Math.min(this.noteDueAt, this.world.now + 200);
    });
  }

  private open(): void {
    if (this.state === "opening" || this.noting) return;
    this.state = "opening";
    this.note(TIMES.leaseMs, (noted) => {
      // It reads the table only after its own note is visible.
      this.world.after(this.world.delay(1_000), () => {
        if (this.state !== "opening") return;
        this.state = noted ? "open" : "closed";
        for (const { seenAt } of this.world.log.notes.values()) this.last = Math.max(this.last, seenAt);
        this.noteDueAt = this.world.now + TIMES.beatEveryMs;
      });
    });
  }

  private noteOnTime(): void {
    if (this.state === "opening" || this.noting) return;
    if (!this.holds() || this.world.now - this.usedAt > TIMES.quietMs) this.state = "closed";
    const { beatEveryMs, presenceEveryMs } = TIMES;
    this.noteDueAt = this.world.now + (this.state === "open" ? beatEveryMs : presenceEveryMs);
    this.note(this.state === "open" ? TIMES.leaseMs : 0, () => undefined);
  }

  private note(leaseMs: number, done: (noted: boolean) => void): void {
    const { world } = this;
    const begunAt = world.now;
    this.last = Math.max(this.clock.now(), this.last + 1);
    const [oldest = this.head + 1] = this.undecided;
    const { name: writer, head, headAt, last: seenAt } = this;
    const written: WriterNote = { writer, head, headAt, settled: oldest - 1, seenAt, leaseMs };
    this.noting = true;
    world.after(world.delay(1_500), () => {
      this.noting = false;
      const noted = world.now >= this.deafUntil;
      if (noted) {
        void world.log.note(written);
        this.notedAt = begunAt;
      }
      if (this.state !== "dead") done(noted);
    });
  }
}

class SimReader {
  readonly attached = new Set<SimListener>();
  private nextRoundAt: number;

  private constructor(
    private readonly world: World,
    readonly clock: { now: () => number },
    readonly reader: ChangeReader,
  ) {
    this.nextRoundAt = world.now + ROUND_MS;
  }

  static async start(world: World): Promise<SimReader> {
    const clock = world.clock();
    const held: { reader?: SimReader } = {};
    const reader = await ChangeReader.start({
      log: world.log.asLog,
      logger: new KeptLog(),
      clock,
      times: TIMES,
      epoch: EPOCH,
      tell: (entry) => {
        for (const listener of held.reader?.attached ?? []) listener.hear(entry);
      },
      lost: () => undefined,
    });
    held.reader = new SimReader(world, clock, reader);
    return held.reader;
  }

  async roundWhenDue(): Promise<void> {
    if (this.world.now < this.nextRoundAt) return;
    this.nextRoundAt = this.world.now + ROUND_MS;
    // Its own pauses are in another time.
    const round: unknown = Reflect.get(this.reader, "round");
    if (typeof round !== "function") throw new TypeError("a reader has no rounds");
    await Reflect.apply(round, this.reader, []);
  }

  stop(): void {
    this.reader.stop();
  }
}

class SimListener {
  readonly toldAt = new Map<string, number>();
  /** It has read everything itself at this time, and needs no earlier events. */
  readEverythingAt = 0;
  reader: SimReader | undefined;
  private position = "";
  private backAt = 0;

  constructor(private readonly world: World) {}

  hear({ checklistId, position }: ChangeEntry): void {
    this.toldAt.set(checklistId, this.world.now);
    this.position = position;
  }

  leave(): void {
    this.reader?.attached.delete(this);
    this.reader = undefined;
    this.backAt = this.world.now + this.world.random.below(10_000);
  }

  async step(): Promise<void> {
    const { random, isOver } = this.world;
    if (!this.reader) {
      if (isOver || this.world.now >= this.backAt) await this.join(random.pick(this.world.readers));
      return;
    }
    // As a heartbeat moves it.
    if (random.next() < 0.02) this.position = this.reader.reader.position();
    if (!isOver && random.next() < 0.01) this.leave();
  }

  private async join(reader: SimReader): Promise<void> {
    const entries = await this.missed(reader);
    if (!entries) {
      this.readEverythingAt = this.world.now;
      this.position = reader.reader.position();
    }
    for (const entry of entries ?? []) {
      // It may go again in the middle.
      if (!this.world.isOver && this.world.random.next() < 0.02) return;
      this.hear(entry);
    }
    this.reader = reader;
    reader.attached.add(this);
  }

  private async missed({ reader, clock }: SimReader): Promise<readonly ChangeEntry[] | undefined> {
    const from = decodedPosition(EPOCH, this.position, clock.now());
    const missed = from && (await missedSince(this.world.log.asLog, EPOCH, from, reader.snapshot()));
    if (missed) this.world.resumes++;
    else this.world.resyncs++;
    return missed;
  }
}
