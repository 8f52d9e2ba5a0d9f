import type { Check } from "./check.ts";
import { checklistChecks } from "./checklist-checks.ts";
import { errorChecks } from "./error-checks.ts";
import { serviceChecks } from "./service-checks.ts";
import { taskChecks } from "./task-checks.ts";
import { writeChecks } from "./write-checks.ts";

/** In this order: later ones use what earlier ones created. */
export const CHECKS: readonly Check[] = [
  ...serviceChecks,
  ...checklistChecks,
  ...taskChecks,
  ...writeChecks,
  ...errorChecks,
];
