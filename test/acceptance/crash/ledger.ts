/** The service's promises about one task. */
export interface Promised {
  /** The version of the last acknowledged write. */
  readonly version: number;
  readonly etag: string;
  /** A write was sent but never answered: the service may or may not have done it. */
  readonly doubtful?: "change" | "delete";
}

/** What the writers of one round know: what was acknowledged, and what was in progress when the service died. */
export class Ledger {
  readonly tasks = new Map<string, Promised>();
  readonly deleted = new Set<string>();
  /** By Idempotency-Key, the id of the created task, or undefined if no answer came. */
  readonly keys = new Map<string, string | undefined>();
  /** Creations without a key and without an answer: each may have left a task of unknown id. */
  doubtfulCreates = 0;
  acknowledged = 0;
  readonly #firstAcknowledged = Promise.withResolvers<void>();

  /** @param checklistId the list that all tasks of this round are in */
  constructor(readonly checklistId: string) {}

  /** Resolves with the first acknowledged write. */
  get begun(): Promise<void> {
    return this.#firstAcknowledged.promise;
  }

  acknowledge(id: string, version: number, etag: string): void {
    this.tasks.set(id, { version, etag });
    this.#count();
  }

  acknowledgeDeletion(id: string): void {
    this.tasks.delete(id);
    this.deleted.add(id);
    this.#count();
  }

  doubt(id: string, doubtful: "change" | "delete"): void {
    const promised = this.tasks.get(id);
    if (!promised) throw new Error(`${id} was never acknowledged`);
    this.tasks.set(id, { ...promised, doubtful });
  }

  /** Writes in progress whose answer never came. */
  get writesInDoubt(): number {
    const changes = [...this.tasks.values()].filter(({ doubtful }) => doubtful !== undefined).length;
    const keyed = [...this.keys.values()].filter((id) => id === undefined).length;
    return changes + keyed + this.doubtfulCreates;
  }

  #count(): void {
    this.acknowledged++;
    this.#firstAcknowledged.resolve();
  }
}
