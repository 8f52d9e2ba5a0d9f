import { locale, t } from "../text/text.ts";

const WIDTH = 240;
const HEIGHT = 48;
/** So that the line at the top and at the bottom is not cut. */
const INSET = 2;

interface ChartProps {
  readonly label: string;
  /** The newest last; undefined: nothing to measure then. */
  readonly values: readonly (number | undefined)[];
  /** How many there will be when the chart is full. */
  readonly room: number;
  readonly unit: string;
}

/** A line of what was lately, with the numbers in words beside it: nothing is in the picture alone. */
export function Chart({ label, values, room, unit }: ChartProps) {
  const known = values.filter((value) => value !== undefined);
  const most = Math.max(...known, 0);
  const now = values.at(-1);
  const shownNow = now === undefined ? t("status.none") : `${formatted(now)} ${unit}`;
  const about = t("status.chart", { label, now: shownNow, most: `${formatted(most)} ${unit}` });
  return (
    <figure class="chart">
      <figcaption>
        <span class="quiet">{label}</span>
        <strong>{shownNow}</strong>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={about}>
        <path class="chart-base" d={`M0 ${HEIGHT - INSET}H${WIDTH}`} />
        <path class="chart-line" d={pathOf(values, room, most)} />
      </svg>
      <p class="quiet small">{t("status.most", { most: `${formatted(most)} ${unit}` })}</p>
    </figure>
  );
}

/** A gap where nothing was measured. The newest is at the right. */
export function pathOf(values: readonly (number | undefined)[], room: number, most: number): string {
  const step = WIDTH / Math.max(room - 1, 1);
  const start = room - values.length;
  let isBroken = true;
  return values
    .map((value, index) => {
      if (value === undefined) {
        isBroken = true;
        return "";
      }
      const x = ((start + index) * step).toFixed(1);
      const share = most === 0 ? 0 : value / most;
      const y = (HEIGHT - INSET - share * (HEIGHT - 2 * INSET)).toFixed(1);
      // A line of no length is a dot, for a value that stands alone.
      const begun = isBroken ? `M${x} ${y}h0` : `L${x} ${y}`;
      isBroken = false;
      return begun;
    })
    .join("");
}

const formats = new Map<string, Intl.NumberFormat>();

function formatted(value: number): string {
  const name = locale.value;
  let format = formats.get(name);
  if (!format) {
    format = new Intl.NumberFormat(name, { maximumSignificantDigits: 3 });
    formats.set(name, format);
  }
  return format.format(value);
}
