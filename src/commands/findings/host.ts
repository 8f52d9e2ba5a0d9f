import { openFilesMax } from "../../adapters/telemetry/process-stats.ts";
import { BUILD_INFO } from "../../build-info.ts";
import type { Look } from "./finding.ts";
import { fail, ok, warn } from "./finding.ts";

const OPEN_FILES_COMFORTABLE = 4_096;
/** No part of this program is older. */
const EARLIEST_DATE = "2026-01-01T00:00:00Z";
const LATEST_YEAR = 2100;

export const openFiles: Look = () => {
  const limit = openFilesMax();
  if (limit === undefined) return ok("open files", "no limit is known");
  const message = `${limit} file descriptors allowed, one for each connection`;
  return limit < OPEN_FILES_COMFORTABLE
    ? warn("open files", message, "raise it with ulimit -n, or LimitNOFILE= in the unit")
    : ok("open files", message);
};

/** New ids contain the time, so a clock that is years off does lasting damage. */
export const clock: Look = () => {
  const built = Date.parse(BUILD_INFO.commitTime);
  const earliest = Number.isNaN(built) ? Date.parse(EARLIEST_DATE) : built;
  const now = new Date();
  const message = `it is ${now.toISOString()}`;
  const wrong = now.getTime() < earliest || now.getUTCFullYear() > LATEST_YEAR;
  return wrong
    ? fail(
        "clock",
        `${message}, which is impossible: this program is from ${new Date(earliest).toISOString()}`,
        "set the clock",
      )
    : ok("clock", message);
};
