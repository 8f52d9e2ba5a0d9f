import type { SmokeRun } from "./smoke-run.ts";

/** One thing that a service must do, as a sentence; `run` throws `Unmet` if the service does not. */
export interface Check {
  readonly sentence: string;
  run(smoke: SmokeRun): Promise<void>;
}
