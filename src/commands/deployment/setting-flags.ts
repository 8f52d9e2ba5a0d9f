import { CPU_UNITS } from "../../domain/deployment/fargate.ts";
import type { DeploymentSettings } from "../../domain/deployment/settings.ts";
import { commaSeparated } from "../../lib/words.ts";
import type { CommandOption } from "../support/command.ts";

/** A flag that gives one member of the settings. */
interface SettingFlag<T> extends CommandOption {
  /** What is accepted, to follow "it must be". */
  readonly accepts: string;
  /** @returns undefined for an unacceptable text */
  parse(text: string): T | undefined;
}

/** Members that take one flag each. The network takes two, and the architecture is the image's. */
export type SettingKey = Exclude<keyof DeploymentSettings, "architecture" | "network">;

function anyText(text: string): string | undefined {
  return text === "" ? undefined : text;
}

function count(text: string): string | undefined {
  return /^[1-9]\d{0,6}$/.test(text) ? text : undefined;
}

function tags(text: string): Record<string, string> | undefined {
  const pairs = commaSeparated(text).map((tag) => [tag, tag.indexOf("=")] as const);
  if (pairs.some(([, equals]) => equals < 1)) return undefined;
  return Object.fromEntries(pairs.map(([tag, equals]) => [tag.slice(0, equals), tag.slice(equals + 1)]));
}

const NUMBER = "a whole number above 0";
const TEXT = "text that is not empty";

/** By member of the settings, in the order of help. Without its flag a member keeps the value that the stacks have. */
export const SETTING_FLAGS: {
  readonly [K in SettingKey]-?: SettingFlag<NonNullable<DeploymentSettings[K]>>;
} = {
  taskCpu: {
    name: "cpu",
    placeholder: "UNITS",
    choices: CPU_UNITS,
    description: "CPU of a task; 1024 units are one virtual CPU",
    accepts: `one of ${CPU_UNITS.join(", ")}`,
    parse: (text) => CPU_UNITS.find((units) => units === text),
  },
  taskMemory: {
    name: "memory",
    placeholder: "MIB",
    description: "memory of a task, in MiB",
    accepts: NUMBER,
    parse: count,
  },
  minTasks: {
    name: "min-tasks",
    placeholder: "N",
    description: "number of tasks that always run",
    accepts: NUMBER,
    parse: count,
  },
  maxTasks: {
    name: "max-tasks",
    placeholder: "N",
    description: "number of tasks to scale out to",
    accepts: NUMBER,
    parse: count,
  },
  logRetentionDays: {
    name: "log-retention",
    placeholder: "DAYS",
    description: "days to keep logs",
    accepts: NUMBER,
    parse: count,
  },
  alarmEmail: {
    name: "alarm-email",
    placeholder: "ADDRESS",
    description: "e-mail address to notify of alarms",
    accepts: TEXT,
    parse: anyText,
  },
  alarmTopicArn: {
    name: "alarm-topic",
    placeholder: "ARN",
    description: "SNS topic to notify of alarms",
    accepts: TEXT,
    parse: anyText,
  },
  permissionsBoundaryArn: {
    name: "permissions-boundary",
    placeholder: "ARN",
    description: "permissions boundary for every role",
    accepts: TEXT,
    parse: anyText,
  },
  connect: {
    name: "connect",
    description: "let todos connect reach the tasks",
    accepts: "given without a value",
    parse: () => true,
  },
  allowFrom: {
    name: "allow-from",
    placeholder: "SOURCES",
    description: "CIDRs and security groups that may reach the service, separated by commas",
    accepts: "a list separated by commas",
    parse: commaSeparated,
  },
  tags: {
    name: "tag",
    placeholder: "TAGS",
    description: "tags for every resource: team=web,stage=test",
    accepts: "name=value pairs separated by commas",
    parse: tags,
  },
};

export const VPC_OPTION: CommandOption = {
  name: "vpc",
  placeholder: "ID",
  description: "use an existing VPC instead of creating one; needs --subnets",
};

export const SUBNETS_OPTION: CommandOption = {
  name: "subnets",
  placeholder: "IDS",
  description: "subnets of that VPC, at least two, in two zones, separated by commas",
};
