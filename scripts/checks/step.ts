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
}

/** One part of `npm test`. */
export interface Step {
  readonly name: string;
  /** With CI=true, a required step that can't run is a failure. */
  readonly required: boolean;
  /** Why the step can't run here, as "no chromium (apt-get install chromium)"; undefined if it can. */
  needs?(context: StepContext): string | undefined | Promise<string | undefined>;
  run(context: StepContext): Promise<Outcome>;
}

export const PASSED: Counts = { passed: 1, failed: 0, skipped: 0 };
export const FAILED: Counts = { passed: 0, failed: 1, skipped: 0 };
export const SKIPPED: Counts = { passed: 0, failed: 0, skipped: 1 };
