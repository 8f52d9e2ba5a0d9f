import { TodosError } from "../domain/errors.ts";
import type { Written } from "./ports.ts";

/** The row written, or the reason as an error. @throws TodosError not-found, precondition-failed, validation-failed */
export function rowWritten<T>(written: Written<T>, what: string): T {
  switch (written.outcome) {
    case "written":
      return written.row;
    case "missing":
      throw notFound(what);
    case "stale":
      throw new TodosError(
        "precondition-failed",
        `This ${what} is not as If-Match or If-None-Match asks; GET it again and repeat the change on what it is now.`,
      );
    case "refused":
      throw new TodosError("validation-failed", written.violation.detail, {
        violations: [written.violation],
      });
  }
}

export function notFound(what: string): TodosError {
  return new TodosError("not-found", `There is no such ${what}.`);
}
