import type { Check } from "./check.ts";
import { checklistChecks } from "./checklist-checks.ts";
import { errorChecks } from "./error-checks.ts";
import { serviceChecks } from "./service-checks.ts";
import { taskChecks } from "./task-checks.ts";
import { writeChecks } from "./write-checks.ts";

/** In this order: later ones work on what earlier ones made. */
export const CHECKS: readonly Check[] = [
  ...serviceChecks,
  ...checklistChecks,
  ...taskChecks,
  ...writeChecks,
  ...errorChecks,
];
