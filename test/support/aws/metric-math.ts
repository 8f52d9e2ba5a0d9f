/** One value per minute, oldest first. Undefined if nothing was sent. */
export type Series = readonly (number | undefined)[];

/**
 * Computes a metric math expression of differences, such as `FILL(a, 2) - b`, over metrics of equal length. A minute
 * without a value has no result, unless it is filled.
 * Source: Amazon CloudWatch User Guide, "Using math expressions with CloudWatch metrics".
 */
export function metricMath(expression: string, metrics: Readonly<Record<string, Series>>): Series {
  const [first = [], ...others] = expression.split(" - ").map((term) => termOf(term, metrics));
  return first.map((value, minute) =>
    others.reduce<number | undefined>((sum, other) => difference(sum, other[minute]), value),
  );
}

function termOf(term: string, metrics: Readonly<Record<string, Series>>): Series {
  const [, filled, name = filled, by] = /^FILL\(((\w+)), (\d+)\)$/.exec(term) ?? [];
  const series = metrics[name ?? term];
  if (series === undefined) throw new Error(`the model of metric math does not know ${term}`);
  return by === undefined ? series : series.map((value) => value ?? Number(by));
}

function difference(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a - b;
}

export interface AlarmRule {
  readonly evaluationPeriods: number;
  readonly threshold: number;
  readonly treatMissingData: string;
}

/**
 * Returns the state of an alarm `GreaterThanThreshold`. Every period must exceed the threshold.
 * Source: Amazon CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data".
 */
export function alarmState(series: Series, rule: AlarmRule): "OK" | "ALARM" | "INSUFFICIENT_DATA" {
  const recent = series.slice(-rule.evaluationPeriods);
  const isMissing = recent.every((value) => value === undefined);
  if (isMissing && rule.treatMissingData === "missing") return "INSUFFICIENT_DATA";
  const isBreaching = (value: number | undefined): boolean =>
    value === undefined ? rule.treatMissingData !== "notBreaching" : value > rule.threshold;
  return recent.every(isBreaching) ? "ALARM" : "OK";
}
