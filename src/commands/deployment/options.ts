import { type CommandOption, jsonOption } from "../support/command.ts";
import { SETTING_FLAGS, SUBNETS_OPTION, VPC_OPTION } from "./setting-flags.ts";

/** The options of every deployment command. */
export const DEPLOYMENT_OPTIONS: readonly CommandOption[] = [
  {
    name: "env",
    placeholder: "NAME",
    description: "environment to work on (default: the one without a name)",
  },
  {
    name: "profile",
    placeholder: "NAME",
    description: "profile in the AWS configuration files (default: AWS_PROFILE)",
  },
  jsonOption("everything that happens"),
];

export const YES_OPTION: CommandOption = {
  name: "yes",
  description: "answer yes to every question; needed when there is no terminal",
};
export const NO_WAIT_OPTION: CommandOption = {
  name: "no-wait",
  description: "exit if another deploy is running, instead of waiting for it",
};

const { tags: TAG_OPTION, ...OTHER_SETTINGS } = SETTING_FLAGS;

/** Settings of the stacks. Without a flag a value does not change. */
export const STACK_OPTIONS: readonly CommandOption[] = [
  ...Object.values(OTHER_SETTINGS),
  VPC_OPTION,
  SUBNETS_OPTION,
  TAG_OPTION,
  {
    name: "allow-replace",
    placeholder: "NAMES",
    description: "logical IDs of resources that may be replaced or removed even though they hold data",
  },
];
