import type { RestorationReceipt, Restored, Written } from "../../application/ports.ts";
import { settledBy } from "./conditional.ts";
import { creationCell, creationFrom } from "./creation.ts";
import type { CassandraKeys } from "./idempotency.ts";
import { type Cells, earlierWriteIds, type Stored } from "./rows.ts";

/** One row that a request restores. */
interface Restoring<T> {
  /** Only the planned version. */
  restore(): Promise<Written<T>>;
  /** The row's cell `restoration`, once every transaction in progress has been decided. */
  restoration(): Promise<string | undefined>;
}

/**
 * Restorations from the trash under a key. The key has the plan first: version and answer. The transaction that restores
 * the row writes the key into it; then the key gets the answer. The one who takes the key over sees from row and key how far
 * the request before came. What would remove the row's cell tells the key before.
 */
export class Restorations {
  constructor(private readonly keys: CassandraKeys) {}

  async restored<T>(
    receipt: RestorationReceipt | undefined,
    row: Restoring<T>,
    latest: number,
  ): Promise<Restored<T>> {
    if (!receipt) return row.restore();
    let written: Written<T> | undefined;
    if (receipt.made !== true) {
      await this.keys.plan(receipt, latest);
      written = await row.restore();
      if (written.outcome !== "written" && !(await settledBy(() => this.wasRestored(receipt, row))))
        return written;
    }
    const outcome = { by: receipt.owner, takeBack: async () => {} };
    const kept = await this.keys.answered(receipt, outcome, latest);
    if (written?.outcome === "written") return written;
    return kept.outcome === "created" ? { outcome: "answered", answer: receipt.answer } : kept;
  }

  /** What a row is set to that is restored; a key that it still names is told before. */
  async cells(
    current: Stored<unknown>,
    version: number,
    writeId: string,
    receipt: RestorationReceipt | undefined,
    latest: number,
  ): Promise<Cells> {
    const cells: Cells = [
      ["deleted_at", null],
      ["trash_record", null],
      ["version", version],
      ["write_id", writeId],
      ["earlier_write_ids", earlierWriteIds(current)],
    ];
    if (!receipt) return cells;
    const { restoration: standing } = current;
    if (standing !== undefined) await this.keys.tellMade(creationFrom(standing), "", latest);
    return [...cells, ["restoration", creationCell(receipt)]];
  }

  /** By an earlier request with the key, or by this one in an attempt that seemed to fail. */
  private async wasRestored<T>(receipt: RestorationReceipt, row: Restoring<T>): Promise<boolean> {
    const cell = await row.restoration();
    if (cell === undefined) return this.keys.isMade(receipt);
    const { scope, key, id } = creationFrom(cell);
    const isOurs = scope === receipt.scope && key === receipt.key && id === receipt.id;
    return isOurs || this.keys.isMade(receipt);
  }
}
