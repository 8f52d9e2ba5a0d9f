export type Step = "create" | "update" | "delete" | "restore" | "import";

export interface WhichResource {
  /** The stack's name; any where left out. */
  readonly stack?: string;
  readonly logicalId: string;
}

export interface PlantedFailure extends WhichResource {
  /** `restore`: bringing it back in a rollback. */
  readonly on: Step;
  readonly reason: string;
  /** Default 1. */
  readonly times?: number;
  /** It exists by the time that it fails, default false. */
  readonly afterInitiation?: boolean;
}

export interface PlantedSlowness extends WhichResource {
  /** Each step where left out. */
  readonly on?: Step;
  readonly seconds: number;
}

/** Resources that fail or take their time because a test wants them to. */
export class ResourcePlants {
  readonly #failures: (PlantedFailure & { left: number })[] = [];
  readonly #seconds: PlantedSlowness[] = [];

  fail(failure: PlantedFailure): void {
    this.#failures.push({ ...failure, left: failure.times ?? 1 });
  }

  /** It takes this long from now on; what is planted last is asked first. */
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
