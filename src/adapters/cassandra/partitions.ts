import type { Log } from "../../application/ports.ts";
import { unavailable } from "./failures.ts";
import { Gate } from "./gate.ts";
import { newWriteId } from "./rows.ts";
import type { Session } from "./session.ts";
import { SharedTurn } from "./shared-turn.ts";

/** Writes to one partition that wait for their turn; beyond it they are refused at once. */
export const PARTITION_WAITING_MAX = 256;
/**
 * A write that took this long, ms, may have collided with another instance's: Cassandra then pauses for up to 100
 * ms.
 */
const HINDERED_MS = 40;
/** Partitions that other instances are known to write to. */
const SHARED_MAX = 256;

/** What a write may do with its turn. */
export interface Held {
  /** After a collision, waits until it is its turn again. */
  again(): Promise<void>;
  /** Checks whether others write here too, and takes turns with them. */
  expectOthers(): Promise<void>;
  /** If the next transaction can be the last of the turn: what it writes to pass the turn on. */
  done(): string | undefined;
  /** That transaction was applied. */
  given(): void;
}

/**
 * Lets one write at a time through to each partition. Colliding transactions in a partition make each other start
 * over: 64 at once achieved less than half the throughput of one after the other, and some timed out. Instances
 * that write to the same partition take turns.
 */
export class Partitions {
  private readonly gates = new Map<string, Gate>();
  private readonly shared = new Map<string, SharedTurn>();
  private readonly instance = newWriteId();

  constructor(
    private readonly session: Session,
    private readonly table: string,
    private readonly log: Log,
  ) {}

  /**
   * @param latest time of `performance.now()` after which it is not begun any more
   * @throws TodosError overloaded past the bound; store-unavailable where the turn comes too late
   */
  async alone<T>(partition: string, latest: number, run: (held: Held) => Promise<T>): Promise<T> {
    const gate = this.gates.get(partition) ?? new Gate(1, PARTITION_WAITING_MAX);
    this.gates.set(partition, gate);
    try {
      return await gate.through(() => this.inTurn(partition, latest, gate, run), latest);
    } finally {
      if (gate.idle) this.gates.delete(partition);
    }
  }

  private async inTurn<T>(
    partition: string,
    latest: number,
    gate: Gate,
    run: (held: Held) => Promise<T>,
  ): Promise<T> {
    await this.shared.get(partition)?.begin(latest);
    // A delayed write joins the queue at once, so that later ones wait for it.
    const hindered = setTimeout(() => this.share(partition), HINDERED_MS);
    try {
      if (performance.now() > latest) throw unavailable(undefined, "not done");
      return await run({
        again: async () => this.shared.get(partition)?.begin(latest),
        expectOthers: () => this.expectOthers(partition, latest),
        done: () => this.shared.get(partition)?.done(gate.crowded),
        given: () => this.shared.get(partition)?.given(),
      });
    } finally {
      clearTimeout(hindered);
      const turn = this.shared.get(partition);
      turn?.end(gate.crowded);
      if (turn?.alone) this.leave(partition);
    }
  }

  private async expectOthers(partition: string, latest: number): Promise<void> {
    if (this.shared.has(partition)) return;
    this.share(partition);
    const turn = this.shared.get(partition);
    await turn?.introduced();
    await turn?.begin(latest);
  }

  private share(partition: string): void {
    if (!this.session.rules.paxos || this.shared.has(partition)) return;
    const [oldest] = this.shared.keys();
    if (oldest !== undefined && this.shared.size >= SHARED_MAX) this.leave(oldest);
    this.shared.set(partition, new SharedTurn(this.session, this.table, partition, this.instance, this.log));
  }

  private leave(partition: string): void {
    this.shared.get(partition)?.end(false);
    this.shared.delete(partition);
  }
}
