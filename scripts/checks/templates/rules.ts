import { ACCESS_RULES } from "./access-rules.ts";
import { DATA_RULES } from "./data-rules.ts";
import { NETWORK_RULES } from "./network-rules.ts";
import { templateOf } from "./parse.ts";
import type { Rule } from "./rule.ts";
import { TASK_RULES } from "./task-rules.ts";

/** Our own rules, in addition to those of cfn-lint and checkov. */
export const RULES: readonly Rule[] = [...ACCESS_RULES, ...NETWORK_RULES, ...DATA_RULES, ...TASK_RULES];

/** @param text of a template. @returns one line per fault, `rule: resource: what is wrong` */
export function faultsIn(text: string): string[] {
  const template = templateOf(text);
  return RULES.flatMap(({ name, check }) => check(template).map((fault) => `${name}: ${fault}`));
}
