import { environmentMistake } from "../../domain/deployment/names.ts";
import { type DeploymentSettings, settingsMistakes } from "../../domain/deployment/settings.ts";
import { type Context, UsageError } from "../support/command.ts";

export type AskedSettings = Omit<DeploymentSettings, "architecture"> &
  Partial<Pick<DeploymentSettings, "architecture">>;

/** What the flags say. @throws UsageError with every mistake */
export function askedSettings(context: Context): AskedSettings {
  const mistakes: string[] = [];
  const settings = {
    ...texts(context),
    ...(context.has("connect") && { connect: true }),
    ...(context.has("allow-from") && { allowFrom: list(context, "allow-from") }),
    ...network(context, mistakes),
    tags: tags(context, mistakes),
  };
  for (const name of ["memory", "min-tasks", "max-tasks", "log-retention"]) {
    const value = context.value(name);
    if (value !== undefined && !/^[1-9]\d{0,6}$/.test(value))
      mistakes.push(`--${name} is "${value}"; it must be a number above 0`);
  }
  const arch = context.value("arch");
  if (arch !== undefined && arch !== "amd64" && arch !== "arm64")
    mistakes.push(`--arch is "${arch}"; it must be amd64 or arm64`);
  mistakes.push(...settingsMistakes({ architecture: "amd64", ...settings }));
  if (mistakes.length > 0) throw new UsageError(mistakes.join("\n"));
  return { ...settings, ...(arch === "amd64" || arch === "arm64" ? { architecture: arch } : {}) };
}

/** @throws UsageError */
export function environmentOf(context: Context): string | undefined {
  const name = context.value("env");
  if (name === undefined || name === "default") return undefined;
  const mistake = environmentMistake(name);
  if (mistake !== undefined) throw new UsageError(`--env is "${name}"; ${mistake}`);
  return name;
}

export function list({ value }: Pick<Context, "value">, option: string): string[] {
  return (value(option) ?? "")
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
}

const TEXTS = {
  taskCpu: "cpu",
  taskMemory: "memory",
  minTasks: "min-tasks",
  maxTasks: "max-tasks",
  logRetentionDays: "log-retention",
  alarmEmail: "alarm-email",
  alarmTopicArn: "alarm-topic",
  permissionsBoundaryArn: "permissions-boundary",
} as const satisfies Partial<Record<keyof DeploymentSettings, string>>;

function texts({ value }: Context): Partial<Record<keyof typeof TEXTS, string>> {
  const given = Object.entries(TEXTS).map(([key, option]) => [key, value(option)] as const);
  return Object.fromEntries(given.filter(([, text]) => text !== undefined));
}

function network(context: Context, mistakes: string[]): Pick<AskedSettings, "network"> {
  const vpc = context.value("vpc");
  const subnets = list(context, "subnets");
  if (vpc === undefined && subnets.length === 0) return {};
  if (vpc === undefined || subnets.length === 0) {
    mistakes.push("--vpc and --subnets go together: the VPC, and subnets of it in two zones");
    return {};
  }
  return { network: { vpc, subnets } };
}

function tags(context: Context, mistakes: string[]): Record<string, string> {
  const pairs = list(context, "tag").map((tag) => {
    const equals = tag.indexOf("=");
    if (equals < 1) mistakes.push(`--tag has "${tag}"; a tag is name=value`);
    return [tag.slice(0, equals), tag.slice(equals + 1)];
  });
  return Object.fromEntries(pairs);
}
