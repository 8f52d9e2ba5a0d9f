export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ParsedFamily {
  readonly type: string;
  readonly samples: readonly Sample[];
}

const HELP = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/;
const TYPE = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(?:,|$)/y;
const HISTOGRAM_SUFFIX = /_(bucket|sum|count)$/;
const ESCAPES: Readonly<Record<string, string>> = { "\\n": "\n", '\\"': '"', "\\\\": "\\" };

/** Reads Prometheus' text format 0.0.4 strictly. @throws Error naming the first line that breaks its rules */
export function parsePrometheus(text: string): Map<string, ParsedFamily> {
  if (!text.endsWith("\n")) throw new Error("the last line has no line feed");
  const families = new Map<string, { type: string; samples: Sample[] }>();
  let helped = "";
  let current = "";
  for (const line of text.slice(0, -1).split("\n")) {
    const [help, type] = [HELP.exec(line), TYPE.exec(line)];
    if (help) helped = help[1] ?? "";
    else if (type) {
      current = type[1] ?? "";
      if (helped !== current || families.has(current))
        throw new Error(`not one family in one place: ${line}`);
      families.set(current, { type: type[2] ?? "", samples: [] });
    } else families.get(current)?.samples.push(parseSample(line, current, families.get(current)?.type));
  }
  for (const [name, family] of families) checkFamily(name, family);
  return families;
}

function parseSample(line: string, family: string, type: string | undefined): Sample {
  const match = SAMPLE.exec(line);
  const name = match?.[1] ?? "";
  const expected = type === "histogram" ? name.replace(HISTOGRAM_SUFFIX, "") : name;
  const value = match?.[3] === "+Inf" ? Number.POSITIVE_INFINITY : Number(match?.[3]);
  if (!match || expected !== family || Number.isNaN(value))
    throw new Error(`no sample of ${family}: ${line}`);
  return { name, labels: parseLabels(match[2] ?? "", line), value };
}

function parseLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const match = LABEL.exec(text);
    if (!match) throw new Error(`bad labels: ${line}`);
    const [, name = "", value = ""] = match;
    if (name in labels) throw new Error(`a label twice: ${line}`);
    labels[name] = value.replace(/\\./g, (sequence) => ESCAPES[sequence] ?? sequence);
  }
  return labels;
}

function checkFamily(name: string, { type, samples }: ParsedFamily): void {
  if (samples.length === 0) throw new Error(`${name} has no samples`);
  if (type === "counter" && !name.endsWith("_total")) throw new Error(`a counter without _total: ${name}`);
  const keys = samples.map((sample) => JSON.stringify([sample.name, sample.labels]));
  if (new Set(keys).size !== keys.length) throw new Error(`${name} has a series twice`);
  if (type === "histogram") checkHistogram(samples);
}

function checkHistogram(samples: readonly Sample[]): void {
  const series = Map.groupBy(samples, ({ labels: { le: _, ...rest } }) => JSON.stringify(rest));
  for (const [labels, own] of series) {
    const buckets = own.filter(({ name }) => name.endsWith("_bucket"));
    const bounds = buckets.map(({ labels: { le } }) =>
      le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le),
    );
    const counts = buckets.map(({ value }) => value);
    const rising = (values: readonly number[]): boolean =>
      values.every((value, index) => index === 0 || value >= (values[index - 1] ?? 0));
    const count = own.find(({ name }) => name.endsWith("_count"))?.value;
    const whole = own.some(({ name }) => name.endsWith("_sum")) && bounds.at(-1) === Number.POSITIVE_INFINITY;
    if (!whole || !rising(bounds) || !rising(counts) || counts.at(-1) !== count) {
      throw new Error(`histogram does not add up: ${labels}`);
    }
  }
}
