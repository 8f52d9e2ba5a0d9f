/** What a deployer may choose. What is absent keeps the value that the stacks have, or takes the templates'. */
export interface DeploymentSettings extends AccountSettings {
  readonly architecture: "amd64" | "arm64";
  /** CPU units: 1024 are one virtual CPU. */
  readonly taskCpu?: string;
  /** MiB. */
  readonly taskMemory?: string;
  readonly minTasks?: string;
  readonly maxTasks?: string;
  readonly logRetentionDays?: string;
  readonly alarmEmail?: string;
  readonly alarmTopicArn?: string;
  readonly permissionsBoundaryArn?: string;
  readonly connect?: boolean;
  /** CIDRs and security groups that may reach the service. */
  readonly allowFrom?: readonly string[];
  /** An existing VPC, with its subnets. */
  readonly network?: { readonly vpc: string; readonly subnets: readonly string[] };
  readonly tags: Readonly<Record<string, string>>;
}

/** Who may do what at the service, and how they sign in. */
export interface AccountSettings {
  readonly auth?: "none" | "accounts";
  readonly publicUrl?: string;
  /** Separated by commas. */
  readonly trustedProxies?: string;
  readonly oidcIssuer?: string;
  readonly oidcClientId?: string;
  /** In Secrets Manager. */
  readonly oidcClientSecretArn?: string;
  readonly oidcName?: string;
  readonly oidcSignUp?: "true" | "false";
  readonly oidcAdminGroup?: string;
  readonly oidcAudience?: string;
  readonly authProxyHeader?: string;
  /** In Secrets Manager. */
  readonly authProxySecretArn?: string;
}

/** Most CIDRs, and most groups, that `--allow-from` may name: the template has so many slots of each. */
export const ALLOWED_SOURCES_MAX = 4;

/** Source: CloudWatch Logs API Reference, PutRetentionPolicy. */
export const LOG_RETENTION_DAYS: readonly number[] = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];
/** The limits of the templates. */
export const TASKS_MAX = 1_000;

/** One sentence for each setting that can't be intended. */
export function settingsMistakes(settings: DeploymentSettings): string[] {
  const sources = settings.allowFrom ?? [];
  const groups = sources.filter((source) => source.startsWith("sg-"));
  const mistakes: string[] = [];
  for (const source of sources) {
    if (!/^(?:sg-[0-9a-f]{8,17}|\d{1,3}(?:\.\d{1,3}){3}\/\d{1,2})$/.test(source)) {
      mistakes.push(
        `--allow-from has "${source}"; it must be a CIDR such as 10.1.0.0/16 or a security group such as sg-0123456789abcdef0`,
      );
    }
  }
  if (groups.length > ALLOWED_SOURCES_MAX || sources.length - groups.length > ALLOWED_SOURCES_MAX) {
    mistakes.push(
      `--allow-from has too many sources; at most ${ALLOWED_SOURCES_MAX} CIDRs and ${ALLOWED_SOURCES_MAX} security groups`,
    );
  }
  if (settings.network && settings.network.subnets.length < 2) {
    mistakes.push("--subnets needs two subnets, in two zones: --subnets subnet-a,subnet-b");
  }
  for (const [flag, count] of [
    ["--min-tasks", settings.minTasks],
    ["--max-tasks", settings.maxTasks],
  ] as const) {
    if (Number(count ?? 0) > TASKS_MAX)
      mistakes.push(`${flag} is ${count}; a service has at most ${TASKS_MAX} tasks`);
  }
  const days = settings.logRetentionDays;
  if (days !== undefined && !LOG_RETENTION_DAYS.includes(Number(days))) {
    mistakes.push(
      `--log-retention is ${days}; CloudWatch keeps logs for ${LOG_RETENTION_DAYS.join(", ")} days`,
    );
  }
  const min = Number(settings.minTasks ?? 1);
  if (settings.maxTasks !== undefined && Number(settings.maxTasks) < min) {
    mistakes.push(`--max-tasks is ${settings.maxTasks}, less than the ${min} of --min-tasks`);
  }
  return mistakes;
}
