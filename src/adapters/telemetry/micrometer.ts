import type { Measurement } from "../../application/ports.ts";
import type { Family, Series, Tags } from "./families.ts";
import { Histogram } from "./histogram.ts";

type Statistic = Measurement["measurements"][number];

/** Names of all families that have something to show, in order. */
export function measurementNames(families: readonly Family[]): readonly string[] {
  return families
    .filter((family) => !family.series()[Symbol.iterator]().next().done)
    .flatMap((family) => family.micrometer ?? [])
    .sort();
}

/**
 * One family, drilled down by `tags` as in Spring Boot's metrics endpoint: series with all the tags are
 * added up (for maxima the greatest counts), and the remaining tags are named.
 */
export function measurementOf(
  families: readonly Family[],
  name: string,
  tags: Tags,
): Measurement | undefined {
  const family = families.find((each) => each.micrometer === name);
  if (!family) return undefined;
  const series = [...family.series()].filter((each) => hasAll(each.tags, tags));
  if (series.length === 0) return undefined;
  return {
    name,
    description: family.description,
    ...(family.baseUnit === undefined ? {} : { baseUnit: family.baseUnit }),
    measurements: merged(series.map((each) => statistics(each, family))),
    availableTags: availableTags(series, tags),
  };
}

function hasAll(own: Tags, wanted: Tags): boolean {
  return wanted.every(([tag, value]) => own.some((each) => each[0] === tag && each[1] === value));
}

function statistics({ value }: Series, family: Family): Statistic[] {
  if (!(value instanceof Histogram)) {
    return [{ statistic: family.kind === "counter" ? "COUNT" : "VALUE", value }];
  }
  return [
    { statistic: "COUNT", value: value.count },
    { statistic: family.baseUnit === "seconds" ? "TOTAL_TIME" : "TOTAL", value: value.sum },
    { statistic: "MAX", value: value.max() },
  ];
}

function merged(all: readonly (readonly Statistic[])[]): Statistic[] {
  const totals = new Map<string, number>();
  for (const { statistic, value } of all.flat()) {
    const before = totals.get(statistic) ?? 0;
    totals.set(statistic, statistic === "MAX" ? Math.max(before, value) : before + value);
  }
  return [...totals].map(([statistic, value]) => ({ statistic, value }));
}

function availableTags(series: readonly Series[], chosen: Tags): Measurement["availableTags"] {
  const values = new Map<string, Set<string>>();
  for (const [tag, value] of series.flatMap((each) => each.tags)) {
    if (chosen.some((each) => each[0] === tag)) continue;
    const seen = values.get(tag) ?? new Set<string>();
    values.set(tag, seen.add(value));
  }
  return [...values].map(([tag, seen]) => ({ tag, values: [...seen].sort() }));
}
