import { isFullDate } from "../../../domain/dates.ts";
import { refuse } from "../../../domain/errors.ts";
import type { Exchange } from "../kernel/exchange.ts";

/** What day it is for the person, whose zone the service doesn't know. */
export const DAY_HEADER = "Todos-Day";

/** Any day is accepted: a client that was offline sends later what the person did on that day. */
export function dayOf({ headers }: Exchange): string | undefined {
  const day = headers.get(DAY_HEADER)?.trim();
  if (day === undefined || isFullDate(day)) return day;
  return refuse([
    { pointer: `/header/${DAY_HEADER}`, detail: "must be a valid date in the form 2026-02-28" },
  ]);
}
