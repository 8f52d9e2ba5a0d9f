import { expect, test } from "bun:test";
import { loadRecurrenceDates } from "../../../src/adapters/recurrence/load.ts";
import { nextOccurrence } from "../../../src/application/recurrence.ts";
import { isFullDate } from "../../../src/domain/dates.ts";
import { isRule, readRepeat, repeatText, type Series } from "../../../src/domain/recurrence.ts";
import { REPEAT_ORIGINS } from "../../../src/domain/task.ts";
import { type Random, seededRandom } from "../../support/random.ts";
import { FULL_SIZE } from "../../support/size.ts";

const SEED = 20_261_129;
const RULES = FULL_SIZE ? 5_000 : 300;
const TEXTS = 20_000;
/** A search ends after a fixed number of periods; this is for a machine that does other things as well. */
const DEADLINE_MS = 60_000;

test(
  "any rule from any date on any day: a later date and a rule, or the end, never an error",
  async () => {
    const random = seededRandom(SEED);
    let ended = 0;
    for (let i = 0; i < RULES; i++) {
      const series: Series = {
        repeat: anyRule(random),
        dueDate: anyDate(random),
        repeatFrom: random.pick(REPEAT_ORIGINS),
      };
      const today = anyDate(random);
      const next = await nextOccurrence(loadRecurrenceDates, series, today);
      if (!next) {
        ended++;
        continue;
      }
      const latest = series.repeatFrom === "due" && series.dueDate > today ? series.dueDate : today;
      const rule = readRepeat(next.repeat);
      const asStored = isRule(rule) && repeatText(rule) === next.repeat;
      const fine = isFullDate(next.dueDate) && next.dueDate > latest && asStored;
      expect({ ...series, today, next, fine }).toMatchObject({ fine: true });
    }
    expect(ended).toBeGreaterThan(RULES / 20);
    expect(ended).toBeLessThan(RULES / 2);
  },
  DEADLINE_MS,
);

test(
  "any text is read as a rule or refused, never an error",
  () => {
    const random = seededRandom(SEED);
    const pieces = [
      ..."FREQ=;,:0123456789+- \nıſ\u0000\ud800",
      "RRULE:",
      "FREQ=DAILY",
      "BYDAY=",
      "MO,",
      "COUNT=",
    ];
    for (let i = 0; i < TEXTS; i++) {
      const text = Array.from({ length: random.below(40) }, () => random.pick(pieces)).join("");
      const read = readRepeat(text);
      if (!isRule(read)) expect(read.detail).toMatch(/^(?:must|may only|never) /);
    }
  },
  DEADLINE_MS,
);

/** Any rule that is accepted, however odd; many never happen. */
function anyRule(random: Random): string {
  for (;;) {
    const list = (value: () => number | string) =>
      Array.from({ length: 1 + random.below(random.pick([1, 3, 12])) }, value).join(",");
    const signed = (max: number) => random.pick([1, 1, -1]) * (1 + random.below(max));
    const weekday = () => random.pick(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]);
    const numbered = () => `${signed(random.pick([5, 53]))}${weekday()}`;
    const maybe = (text: string) => (random.below(3) === 0 ? [text] : []);
    const text = [
      `FREQ=${random.pick(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])}`,
      ...maybe(`INTERVAL=${random.pick([1 + random.below(12), 1 + random.below(1_000)])}`),
      ...maybe(`BYMONTH=${list(() => 1 + random.below(12))}`),
      ...maybe(`BYMONTHDAY=${list(() => signed(31))}`),
      ...maybe(`BYDAY=${list(random.pick([weekday, numbered]))}`),
      ...maybe(`BYSETPOS=${list(() => signed(random.pick([3, 366])))}`),
      ...maybe(
        random.pick([`COUNT=${1 + random.below(1_000)}`, `UNTIL=${anyDate(random).replaceAll("-", "")}`]),
      ),
      ...maybe(`WKST=${weekday()}`),
    ].join(";");
    const read = readRepeat(text);
    if (isRule(read)) return repeatText(read);
  }
}

/** Any day from the year 0 to the year 9999, most of them in our time. */
function anyDate(random: Random): string {
  const year = random.pick([2_000 + random.below(60), 2_000 + random.below(60), random.below(10_000)]);
  const day = new Date(Date.UTC(2_000, 0, 1 + random.below(365)));
  return `${String(year).padStart(4, "0")}-${day.toISOString().slice(5, 10)}`.replace("-02-29", "-02-28");
}
