import type { ChangedTask, Command, WriteAnswer, WriteName } from "../../application/commands.ts";
import type { Awaitable, Meter } from "../../application/ports.ts";
import { type Store, StoreDecorator } from "../../application/store.ts";
import { TodosError } from "../../domain/errors.ts";

/** Counts and times what a store does. */
export class MeteredStore extends StoreDecorator {
  constructor(
    protected readonly store: Store,
    private readonly meter: Meter,
  ) {
    super();
  }

  write<N extends WriteName>(command: Command<N>): Promise<WriteAnswer<N>> {
    const startedAt = performance.now();
    return this.store.write(command).then(
      (answer) => {
        this.operated(command.op, "success", startedAt);
        if ("from" in answer) this.moved(answer);
        return answer;
      },
      (error) => this.failed(command.op, error, startedAt),
    );
  }

  protected ask<T>(operation: string, answer: (store: Store) => Awaitable<T>): Awaitable<T> {
    const startedAt = performance.now();
    try {
      const given = answer(this.store);
      if (given instanceof Promise) return this.timed(operation, given, startedAt);
      this.operated(operation, "success", startedAt);
      return given;
    } catch (error) {
      return this.failed(operation, error, startedAt);
    }
  }

  private timed<T>(operation: string, answer: Promise<T>, startedAt: number): Promise<T> {
    return answer.then(
      (given) => {
        this.operated(operation, "success", startedAt);
        return given;
      },
      (error) => this.failed(operation, error, startedAt),
    );
  }

  private moved(changed: ChangedTask): void {
    if (changed.outcome !== "written" || changed.from === undefined) return;
    if (changed.from !== changed.row.status) this.meter.taskMoved(changed.from, changed.row.status);
  }

  private failed(operation: string, error: unknown, startedAt: number): never {
    const refused = error instanceof TodosError && error.code === "validation-failed";
    this.operated(operation, refused ? "success" : "error", startedAt);
    throw error;
  }

  private operated(operation: string, outcome: "success" | "error", startedAt: number): void {
    this.meter.storeOperated(operation, outcome, (performance.now() - startedAt) / 1_000);
  }
}
