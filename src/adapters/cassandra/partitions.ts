import { Gate } from "./gate.ts";

/** Writes to one partition that wait for their turn; past it they are refused at once. */
export const PARTITION_WAITING_MAX = 256;

/**
 * Lets one write at a time through to each partition. Transactions that meet in a partition make each
 * other start over: 64 at once got less than half as many done as one after the other, and some timed out.
 */
export class Partitions {
  private readonly gates = new Map<string, Gate>();

  /**
   * @param latest time of `performance.now()` after which it is not begun any more
   * @throws TodosError overloaded past the bound; store-unavailable where the turn comes too late
   */
  async alone<T>(partition: string, latest: number, run: () => Promise<T>): Promise<T> {
    const gate = this.gates.get(partition) ?? new Gate(1, PARTITION_WAITING_MAX);
    this.gates.set(partition, gate);
    try {
      return await gate.through(run, latest);
    } finally {
      if (gate.idle) this.gates.delete(partition);
    }
  }
}
