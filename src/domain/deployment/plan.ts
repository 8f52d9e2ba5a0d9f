import type { ChangeAction, ResourceChange, StackPlan } from "./changes.ts";
import { dataOf } from "./changes.ts";

/** Whether anything would change. */
export function changesAnything(plans: readonly StackPlan[]): boolean {
  return plans.some(({ action }) => action !== "none");
}

const GRAVITY: Readonly<Record<ChangeAction, number>> = { import: 0, add: 1, modify: 2, remove: 5 };
const REPLACEMENT_GRAVITY = { no: 0, maybe: 1, yes: 2 } as const;

function gravityOf({ action, replacement }: ResourceChange): number {
  return GRAVITY[action] + REPLACEMENT_GRAVITY[replacement];
}

/**
 * What a change set would do beyond the confirmed plan: resources that the plan did not name, more
 * serious actions on those it did, and, if CloudFormation made the plan, properties that it did not
 * show.
 */
export function unconfirmedChanges(
  confirmed: StackPlan,
  actual: readonly ResourceChange[],
): ResourceChange[] {
  const known = new Map(confirmed.changes.map((change) => [change.logicalId, change]));
  return actual.filter((change) => {
    const planned = known.get(change.logicalId);
    if (planned === undefined || gravityOf(change) > gravityOf(planned)) return true;
    if (planned.action !== "modify" || confirmed.basis === "template") return false;
    const paths = new Set(planned.properties.map(({ path }) => path));
    return change.properties.some(({ path }) => !paths.has(path));
  });
}

/** A change that would lose data. */
export interface DataLoss {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  readonly what: "removed" | "replaced" | "possibly replaced";
  readonly holds: string;
}

/** Changes that remove or replace a resource with data and are not allowed by its logical id. */
export function dataLosses(plans: readonly StackPlan[], allowed: readonly string[]): DataLoss[] {
  return plans.flatMap(({ stack, changes }) => changes.flatMap((change) => lossOf(stack, change, allowed)));
}

function lossOf(stack: string, change: ResourceChange, allowed: readonly string[]): DataLoss[] {
  const { logicalId, type, action, replacement } = change;
  const holds = dataOf(type);
  if (holds === undefined || allowed.includes(logicalId)) return [];
  if (action === "remove") return [{ stack, logicalId, type, what: "removed", holds }];
  if (action !== "modify" || replacement === "no") return [];
  return [{ stack, logicalId, type, what: replacement === "yes" ? "replaced" : "possibly replaced", holds }];
}

export function lossSentence({ stack, logicalId, type, what, holds }: DataLoss): string {
  return `${logicalId} (${type} in ${stack}), which holds ${holds}, would be ${what}`;
}
