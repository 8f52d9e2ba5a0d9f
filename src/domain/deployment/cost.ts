/** Prices and their sources. */
export const PRICES_DATE = "2026-11";
export const PRICES_SOURCE =
  "list prices for Europe (Ireland), on demand, without tax or free tier; AWS's price pages are authoritative";

const HOURS_A_MONTH = 730;

/** US dollars. */
const PRICE = {
  endpointHour: 0.011,
  fargateCpuHour: { amd64: 0.04048, arm64: 0.03238 },
  fargateGbHour: { amd64: 0.004445, arm64: 0.00356 },
  alarm: 0.1,
  dashboard: 3,
  hostedZone: 0.5,
  ecrGb: 0.1,
  logGb: 0.57,
  customMetric: 0.3,
} as const;

/**
 * Metrics of a cluster with one service on Fargate. Source: CloudWatch User Guide, "Amazon ECS Container Insights
 * metrics": ten of a cluster, of a service and of a family of task definitions each; five more of a service, two
 * more of a cluster.
 */
const INSIGHTS_METRICS = 3 * 10 + 5 + 2;
/** Source: Application Auto Scaling User Guide, "Target tracking scaling policies": one to add, one to remove tasks. */
const ALARMS_A_POLICY = 2;
const CPU_UNITS = 1_024;
const MEMORY_MB = 1_024;
const IMAGES_GB = 0.5;
const LOGS_GB = 1;

export interface CostInputs {
  readonly architecture: "amd64" | "arm64";
  readonly taskCpu: number;
  readonly taskMemory: number;
  /** Tasks that always run. */
  readonly tasks: number;
  readonly zones: number;
  /** Interface endpoints that the stacks make. */
  readonly interfaceEndpoints: number;
  /** Metrics used by alarms: each costs as much as an alarm. */
  readonly alarmMetrics: number;
  readonly scalingPolicies: number;
  /** Filters of the log, each of which makes a metric. */
  readonly metricFilters: number;
}

export interface CostLine {
  readonly what: string;
  /** The calculation: `4 × 2 zones × 730 h × $0.011`. */
  readonly how: string;
  readonly monthlyUsd: number;
}

/** The monthly cost of an idle deployment; usage is described in words. */
export function monthlyCosts(inputs: CostInputs): CostLine[] {
  const { architecture, tasks, zones, interfaceEndpoints, metricFilters } = inputs;
  const alarms = inputs.alarmMetrics + inputs.scalingPolicies * ALARMS_A_POLICY;
  const cpu = inputs.taskCpu / CPU_UNITS;
  const memory = inputs.taskMemory / MEMORY_MB;
  const taskHour = cpu * PRICE.fargateCpuHour[architecture] + memory * PRICE.fargateGbHour[architecture];
  return [
    line(
      "Fargate tasks",
      tasks * HOURS_A_MONTH * taskHour,
      `${tasks} × ${cpu} vCPU, ${memory} GB, ${architecture}`,
    ),
    line(
      "interface endpoints",
      interfaceEndpoints * zones * HOURS_A_MONTH * PRICE.endpointHour,
      `${interfaceEndpoints} × ${zones} zones × ${HOURS_A_MONTH} h × $${PRICE.endpointHour}`,
    ),
    line("alarms", alarms * PRICE.alarm, `${alarms} metrics × $${PRICE.alarm}, with those of scaling`),
    line("dashboard", PRICE.dashboard, "the first three of an account are free"),
    line(
      "Container Insights",
      INSIGHTS_METRICS * PRICE.customMetric,
      `about ${INSIGHTS_METRICS} metrics × $${PRICE.customMetric}`,
    ),
    line(
      "metrics of the log",
      metricFilters * PRICE.customMetric,
      `${metricFilters} filters × $${PRICE.customMetric}`,
    ),
    line("private name (hosted zone)", PRICE.hostedZone, "Cloud Map's zone in Route 53"),
    line("images in ECR", IMAGES_GB * PRICE.ecrGb, `about ${IMAGES_GB} GB`),
    line("logs", LOGS_GB * PRICE.logGb, `about ${LOGS_GB} GB written; flow logs are more where traffic is`),
    line("Keyspaces", 0, "on demand: nothing when idle; reads, writes and storage are billed as used"),
  ];
}

export function monthlyTotal(lines: readonly CostLine[]): number {
  return lines.reduce((sum, { monthlyUsd }) => sum + monthlyUsd, 0);
}

function line(what: string, monthlyUsd: number, how: string): CostLine {
  return { what, how, monthlyUsd: Math.round(monthlyUsd * 100) / 100 };
}
