import { TodosError } from "../domain/errors.ts";
import type { Written } from "./ports.ts";

/** The written row. @throws TodosError not-found, precondition-failed, validation-failed */
export function rowWritten<T>(written: Written<T>, what: string): T {
  switch (written.outcome) {
    case "written":
      return written.row;
    case "missing":
      throw notFound(what);
    case "stale":
      throw new TodosError(
        "precondition-failed",
        `The ${what} does not meet the condition in If-Match or If-None-Match. GET it, apply your change to its current state, and send the new ETag.`,
      );
    case "refused":
      throw new TodosError("validation-failed", written.violation.detail, {
        violations: [written.violation],
      });
  }
}

export function notFound(what: string): TodosError {
  return new TodosError("not-found", `No such ${what}.`);
}
