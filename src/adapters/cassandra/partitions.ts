import type { Log } from "../../application/ports.ts";
import { unavailable } from "./failures.ts";
import { Gate } from "./gate.ts";
import { newWriteId } from "./rows.ts";
import type { Session } from "./session.ts";
import { SharedTurn } from "./shared-turn.ts";

/** Writes to one partition that wait for their turn; past it they are refused at once. */
export const PARTITION_WAITING_MAX = 256;
/** A write that took so long, ms, may have met one of another instance: Cassandra pauses for up to 100 ms then. */
const HINDERED_MS = 40;
/** Partitions of which it is known that other instances write to them. */
const SHARED_MAX = 256;

/** What a write may do with its turn. */
export interface Held {
  /** Waits before it goes on after a hindrance, until it is its turn again. */
  again(): Promise<void>;
  /** Finds out whether others write here too, and takes its turn among them. */
  expectOthers(): Promise<void>;
  /** Where the next transaction can be the last of the turn: what it writes to give the turn away. */
  done(): string | undefined;
  /** That transaction was applied. */
  given(): void;
}

/**
 * Lets one write at a time through to each partition. Transactions that meet in a partition make each
 * other start over: 64 at once got less than half as many done as one after the other, and some timed out.
 * Where other instances write to the same partition, they take turns.
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
    // While it is hindered it queues up already, so that those who come later wait for it.
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
