/** How often a part of the checks passed, failed and was skipped. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** How long one file of tests took. */
export interface FileTime {
  readonly file: string;
  readonly seconds: number;
}

export interface Outcome extends Counts {
  /** Shown if something failed. */
  readonly output: string;
  /** One line each: why something was skipped. */
  readonly skips?: readonly string[];
  /** One line each, worth seeing even if all is well: "30 crashes, 0 writes lost". */
  readonly notes?: readonly string[];
  readonly times?: readonly FileTime[];
}

export interface StepContext {
  readonly root: string;
  /** Full-size runs. */
  readonly nightly: boolean;
  readonly ci: boolean;
  /** How many processes one step may run at once, if its files allow it. Default 1. */
  readonly processes?: number;
  /** How much its programs give way to others, as `nice` counts. Default 0. */
  readonly niceness?: number;
  /** Told what each program and its children took of the processors. */
  onProcessorTime?(seconds: number): void;
}

export type Lane = "clusters" | "others";

/** One part of `npm test`. */
export interface Step {
  readonly name: string;
  /** With CI=true, a required step that can't run is a failure. */
  readonly required: boolean;
  /** Steps of one lane never run at once. Default: that of everything which starts no Cassandra. */
  readonly lane?: Lane;
  /** Its tests depend on real time: the programs of other steps give way to it, and no other timed step runs beside it. */
  readonly timed?: boolean;
  /** Why the step can't run here, as "no chromium (apt-get install chromium)"; undefined if it can. */
  needs?(context: StepContext): string | undefined | Promise<string | undefined>;
  run(context: StepContext): Promise<Outcome>;
}

export const PASSED: Counts = { passed: 1, failed: 0, skipped: 0 };
export const FAILED: Counts = { passed: 0, failed: 1, skipped: 0 };
export const SKIPPED: Counts = { passed: 0, failed: 0, skipped: 1 };
