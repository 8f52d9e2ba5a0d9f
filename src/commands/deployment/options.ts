import { type CommandOption, jsonOption } from "../support/command.ts";

/** What every command of a deployment takes. */
export const DEPLOYMENT_OPTIONS: readonly CommandOption[] = [
  {
    name: "env",
    placeholder: "NAME",
    description: "environment; without it, the default one, whose names have no suffix",
  },
  {
    name: "profile",
    placeholder: "NAME",
    description: "profile of AWS's configuration files; without it AWS_PROFILE",
  },
  jsonOption("everything that happens"),
];

export const YES_OPTION: CommandOption = {
  name: "yes",
  description: "answer every question with yes; needed where nobody can answer",
};
export const NO_WAIT_OPTION: CommandOption = {
  name: "no-wait",
  description: "leave where another deployer is at work, instead of waiting for its end",
};

/** What may be chosen about the stacks. Without a flag a value stays as it is. */
export const STACK_OPTIONS: readonly CommandOption[] = [
  {
    name: "cpu",
    placeholder: "UNITS",
    choices: ["256", "512", "1024", "2048", "4096"],
    description: "CPU of a task; 1024 are one virtual CPU",
  },
  { name: "memory", placeholder: "MIB", description: "memory of a task, MiB" },
  { name: "min-tasks", placeholder: "N", description: "tasks that always run" },
  { name: "max-tasks", placeholder: "N", description: "tasks at most" },
  { name: "log-retention", placeholder: "DAYS", description: "how long logs are kept, days" },
  { name: "alarm-email", placeholder: "ADDRESS", description: "who is mailed when an alarm goes off" },
  { name: "alarm-topic", placeholder: "ARN", description: "SNS topic that is told when an alarm goes off" },
  {
    name: "permissions-boundary",
    placeholder: "ARN",
    description: "policy that bounds every role that is made",
  },
  { name: "connect", description: "let todos connect reach the tasks" },
  {
    name: "allow-from",
    placeholder: "SOURCES",
    description: "CIDRs and security groups that may reach the service, with commas between them",
  },
  {
    name: "vpc",
    placeholder: "ID",
    description: "an existing VPC, instead of one of its own; with --subnets",
  },
  {
    name: "subnets",
    placeholder: "IDS",
    description: "two or more of its subnets in two zones, with commas between them",
  },
  { name: "tag", placeholder: "TAGS", description: "tags of everything that is made: team=web,stage=test" },
  {
    name: "allow-replace",
    placeholder: "NAMES",
    description: "logical ids of resources that may be replaced or removed though they hold data",
  },
];
