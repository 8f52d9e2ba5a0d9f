import type { RecurrenceDates } from "../../application/recurrence.ts";

/** Loads the library on the first call. */
export async function loadRecurrenceDates(): Promise<RecurrenceDates> {
  return (await import("./dates.ts")).recurrenceDates;
}
