import type { Family, Series, Tags } from "./families.ts";
import { Histogram } from "./histogram.ts";

/** The families in Prometheus' text format 0.0.4. One without series is left out. */
export function prometheusText(families: readonly Family[]): string {
  return families.map(familyText).join("");
}

function familyText(family: Family): string {
  const name = family.prometheus;
  if (name === undefined) return "";
  const lines: string[] = [];
  for (const series of family.series()) addSeries(lines, name, series);
  if (lines.length === 0) return "";
  return `# HELP ${name} ${escapedHelp(family.description)}\n# TYPE ${name} ${family.kind}\n${lines.join("\n")}\n`;
}

function addSeries(lines: string[], name: string, { labels, value }: Series): void {
  if (!(value instanceof Histogram)) {
    lines.push(`${name}${labelText(labels)} ${numberText(value)}`);
    return;
  }
  let cumulated = 0;
  value.buckets.forEach((count, index) => {
    cumulated += count;
    const bound = numberText(value.bounds[index] ?? Number.POSITIVE_INFINITY);
    lines.push(`${name}_bucket${labelText([...labels, ["le", bound]])} ${cumulated}`);
  });
  lines.push(`${name}_sum${labelText(labels)} ${numberText(value.sum)}`);
  lines.push(`${name}_count${labelText(labels)} ${value.count}`);
}

function labelText(labels: Tags): string {
  if (labels.length === 0) return "";
  return `{${labels.map(([name, value]) => `${name}="${escapedLabel(value)}"`).join(",")}}`;
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  if (value === Number.NEGATIVE_INFINITY) return "-Inf";
  return Number.isNaN(value) ? "NaN" : String(value);
}

function escapedLabel(text: string): string {
  return escapedHelp(text).replaceAll('"', '\\"');
}

function escapedHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
