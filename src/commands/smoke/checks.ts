import { checklistChecks } from "./checklist-checks.ts";
import { errorChecks } from "./error-checks.ts";
import { serviceChecks } from "./service-checks.ts";
import type { Session } from "./session.ts";
import { taskChecks } from "./task-checks.ts";
import { writeChecks } from "./write-checks.ts";

/** One thing that a service must do, as a sentence; `run` throws `Unmet` where it does not. */
export interface Check {
  readonly sentence: string;
  run(session: Session): Promise<void>;
}

/** In this order: later ones work on what earlier ones made. */
export const CHECKS: readonly Check[] = [
  ...serviceChecks,
  ...checklistChecks,
  ...taskChecks,
  ...writeChecks,
  ...errorChecks,
];
