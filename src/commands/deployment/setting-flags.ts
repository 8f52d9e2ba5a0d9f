import type { Kind } from "../../config/kinds.ts";
import * as kinds from "../../config/kinds.ts";
import { CPU_UNITS } from "../../domain/deployment/fargate.ts";
import type { DeploymentSettings } from "../../domain/deployment/settings.ts";
import { commaSeparated } from "../../lib/words.ts";
import type { CommandOption } from "../support/command.ts";

/** A flag that gives one member of the settings. */
interface SettingFlag<T> extends CommandOption {
  /** What is accepted, to follow "it must be". */
  readonly accepts: string;
  /** Whether a text that is not acceptable may be a secret, and is not shown. */
  readonly hidden?: boolean;
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

/** Read as the service reads it. */
function as<T>(kind: Kind<T>): Pick<SettingFlag<string>, "accepts" | "parse"> {
  return {
    accepts: kind.accepts,
    parse: (text) => (kind.parse(text) === undefined ? undefined : text.trim()),
  };
}

const SECRET_ARN = /^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]+$/;
const IN_SECRETS_MANAGER = {
  placeholder: "ARN",
  accepts: "the ARN of a secret in Secrets Manager",
  hidden: true,
  parse: (text: string) => (SECRET_ARN.test(text) ? text : undefined),
};

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
  auth: {
    name: "auth",
    placeholder: "KIND",
    choices: ["none", "accounts"],
    description: "who may do what: with none, anyone who reaches the service may do everything",
    accepts: "none or accounts",
    parse: (text) => (text === "none" || text === "accounts" ? text : undefined),
  },
  publicUrl: {
    ...{ name: "public-url", placeholder: "URL", description: "where people reach the service" },
    ...as(kinds.publicUrlKind),
  },
  trustedProxies: {
    ...{ name: "trusted-proxies", placeholder: "NETWORKS" },
    description: "addresses and ranges of proxies that are trusted for scheme, host and user",
    ...as(kinds.networksKind),
  },
  oidcIssuer: {
    ...{ name: "oidc-issuer", placeholder: "URL" },
    description: "OpenID provider that users can sign in with; tasks must be able to reach it",
    accepts: "an https URL, exactly as the provider gives it",
    parse: (text) => (text.startsWith("https:") && kinds.issuerKind.parse(text) ? text : undefined),
  },
  oidcClientId: {
    ...{ name: "oidc-client-id", placeholder: "ID", description: "this service's client ID at the provider" },
    ...as(kinds.textKind),
  },
  oidcClientSecretArn: {
    ...IN_SECRETS_MANAGER,
    name: "oidc-client-secret",
    description: "secret with which the service proves itself to the provider",
  },
  oidcName: {
    ...{ name: "oidc-name", placeholder: "NAME", description: "name of the provider to show to people" },
    ...as(kinds.textKind),
  },
  oidcSignUp: {
    name: "oidc-sign-up",
    placeholder: "BOOLEAN",
    choices: ["true", "false"],
    description: "create a user for everyone who signs in with the provider",
    accepts: "true or false",
    parse: (text) => (text === "true" || text === "false" ? text : undefined),
  },
  oidcAdminGroup: {
    ...{ name: "oidc-admin-group", placeholder: "GROUP" },
    description: "group at the provider whose members are admins",
    ...as(kinds.textKind),
  },
  oidcAudience: {
    ...{ name: "oidc-audience", placeholder: "AUDIENCE" },
    description: "audience of the provider's access tokens that API clients may send",
    ...as(kinds.textKind),
  },
  authProxyHeader: {
    ...{ name: "auth-proxy-header", placeholder: "NAME" },
    description: "header in which a trusted proxy names the signed-in user",
    ...as(kinds.headerNameKind),
  },
  authProxySecretArn: {
    ...IN_SECRETS_MANAGER,
    name: "auth-proxy-secret",
    description: "secret that the proxy sends as Todos-Proxy-Secret",
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
