import { environmentMistake } from "../../domain/deployment/names.ts";
import { type DeploymentSettings, settingsMistakes } from "../../domain/deployment/settings.ts";
import { commaSeparated } from "../../lib/words.ts";
import { type Context, UsageError } from "../support/command.ts";
import { ARCH_OPTION } from "./image-options.ts";
import { SETTING_FLAGS, type SettingKey, SUBNETS_OPTION, VPC_OPTION } from "./setting-flags.ts";

export type AskedSettings = Omit<DeploymentSettings, "architecture"> &
  Partial<Pick<DeploymentSettings, "architecture">>;

/** The settings from the flags. @throws UsageError with every mistake */
export function askedSettings(context: Context): AskedSettings {
  const mistakes: string[] = [];
  const settings = {
    ...flagValues(context, mistakes),
    ...network(context, mistakes),
    ...architecture(context, mistakes),
  };
  mistakes.push(...settingsMistakes({ architecture: "amd64", ...settings }));
  if (mistakes.length > 0) throw new UsageError(mistakes.join("\n"));
  return settings;
}

/** @throws UsageError */
export function environmentOf(context: Context): string | undefined {
  const name = context.value("env");
  if (name === undefined || name === "default") return undefined;
  const mistake = environmentMistake(name);
  if (mistake !== undefined) throw new UsageError(`--env is "${name}"; ${mistake}`);
  return name;
}

/** The entries of a flag's comma-separated value. */
export function list({ value }: Pick<Context, "value">, option: string): string[] {
  return commaSeparated(value(option) ?? "");
}

function flagValues({ value }: Context, mistakes: string[]): Pick<AskedSettings, SettingKey> {
  const found = Object.entries(SETTING_FLAGS).flatMap(([key, { name, accepts, hidden, parse }]) => {
    const text = value(name);
    if (text === undefined) return [];
    const parsed = parse(text);
    const shown = hidden ? "not acceptable" : `"${text}"`;
    if (parsed === undefined) mistakes.push(`--${name} is ${shown}; it must be ${accepts}`);
    return [[key, parsed]];
  });
  return { tags: {}, ...Object.fromEntries(found) };
}

function architecture({ value }: Context, mistakes: string[]): Pick<AskedSettings, "architecture"> {
  const arch = value(ARCH_OPTION.name);
  if (arch === undefined) return {};
  if (arch === "amd64" || arch === "arm64") return { architecture: arch };
  mistakes.push(`--${ARCH_OPTION.name} is "${arch}"; it must be amd64 or arm64`);
  return {};
}

function network(context: Context, mistakes: string[]): Pick<AskedSettings, "network"> {
  const vpc = context.value(VPC_OPTION.name);
  const subnets = list(context, SUBNETS_OPTION.name);
  if (vpc === undefined && subnets.length === 0) return {};
  if (vpc === undefined || subnets.length === 0) {
    mistakes.push("--vpc and --subnets go together: the VPC, and subnets of it in two zones");
    return {};
  }
  return { network: { vpc, subnets } };
}
