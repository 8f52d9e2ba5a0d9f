export type Step = "create" | "update" | "delete" | "restore" | "import";

export interface WhichResource {
  /** The stack's name. If absent, any stack. */
  readonly stack?: string;
  readonly logicalId: string;
}

export interface PlantedFailure extends WhichResource {
  /** `restore` is the step that a rollback takes. */
  readonly on: Step;
  readonly reason: string;
  /** Default 1. */
  readonly times?: number;
  /** Whether it exists by the time it fails. Default false. */
  readonly afterInitiation?: boolean;
}

export interface PlantedSlowness extends WhichResource {
  /** If absent, every step. */
  readonly on?: Step;
  readonly seconds: number;
}

/** Resources that a test makes fail or take longer. */
export class ResourcePlants {
  readonly #failures: (PlantedFailure & { left: number })[] = [];
  readonly #seconds: PlantedSlowness[] = [];

  fail(failure: PlantedFailure): void {
    this.#failures.push({ ...failure, left: failure.times ?? 1 });
  }

  /** Makes it take this long from now on. The last plant wins. */
  slow(which: PlantedSlowness): void {
    this.#seconds.unshift(which);
  }

  failureOf(stack: string, logicalId: string, on: Step, afterInitiation = false): string | undefined {
    const due = this.#failures.find(
      (one) =>
        one.left > 0 &&
        isOf(one, stack, logicalId) &&
        one.on === on &&
        (one.afterInitiation ?? false) === afterInitiation,
    );
    if (due !== undefined) due.left--;
    return due?.reason;
  }

  secondsOf(stack: string, logicalId: string, on: Step): number | undefined {
    return this.#seconds.find((one) => isOf(one, stack, logicalId) && (one.on ?? on) === on)?.seconds;
  }
}

function isOf(which: WhichResource, stack: string, logicalId: string): boolean {
  return which.logicalId === logicalId && (which.stack ?? stack) === stack;
}
