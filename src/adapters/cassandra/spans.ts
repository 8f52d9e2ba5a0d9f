// Borders between ids by the time in them: our ids begin with 48 bits of milliseconds, in hexadecimal.

const DIGITS = 12;
/** How many of them stand before the dash. */
const DIGITS_BEFORE_DASH = 8;
/** An id may come from a clock that is this far ahead, ms. */
const AHEAD_MS = 60_000;
/** A range that was too large is divided into this many parts. */
const PARTS = 16;

/** The end of a range of `spanMs` after the id `low`; undefined if it would be past the present. */
export function spanTo(low: string, spanMs: number, nowMs: number): string | undefined {
  const endMs = Math.ceil(timeBefore(low) + spanMs);
  return endMs > nowMs + AHEAD_MS ? undefined : border(endMs);
}

/** A part of the range between two ids, ms; undefined if it can't be divided. `high` is absent for all after `low`. */
export function partOf(low: string, high: string | undefined, nowMs: number): number | undefined {
  const endMs = high === undefined ? nowMs + AHEAD_MS : timeBefore(high);
  const part = (endMs - timeBefore(low)) / PARTS;
  return part >= 1 ? part : undefined;
}

/** Every id that we create at this time or later comes after it. */
function border(ms: number): string {
  const digits = ms.toString(16).padStart(DIGITS, "0");
  return `${digits.slice(0, DIGITS_BEFORE_DASH)}-${digits.slice(DIGITS_BEFORE_DASH)}`;
}

/** The latest time whose border does not come after `id`, whatever its form; 0 for ids before all borders. */
function timeBefore(id: string): number {
  let digits = "";
  for (let at = 0; digits.length < DIGITS; at++) {
    const found = id[at] ?? "";
    if (at === DIGITS_BEFORE_DASH) {
      if (found === "-") continue;
      return Number.parseInt(digits.padEnd(DIGITS, found > "-" ? "f" : "0"), 16);
    }
    if (/^[0-9a-f]$/.test(found)) digits += found;
    else if (found < "0") return Number.parseInt(digits.padEnd(DIGITS, "0"), 16);
    else return Number.parseInt(`${digits}${found > "f" ? "f" : "9"}`.padEnd(DIGITS, "f"), 16);
  }
  return Number.parseInt(digits, 16);
}
