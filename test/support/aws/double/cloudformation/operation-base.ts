import type { StackStatus } from "@aws-sdk/client-cloudformation";
import { AwsError } from "../errors.ts";
import type { World } from "../world.ts";
import { inOrder, type StepFailure } from "./graph.ts";
import type { ResourceWork } from "./resources.ts";
import { type Exports, needsOf, outputsOf, scopeOf } from "./scope.ts";
import type { Desired, Import, Output, Stack, StackResource } from "./stack.ts";

/** Why a resource is deleted. Decides whether RetainExceptOnCreate keeps the resource. */
type Occasion = "rollback of creation" | "deletion" | "replacement";

export interface StackRelations {
  readonly exports: Exports;
  /** The stacks that import an export. */
  readonly importersOf: (exportName: string) => readonly string[];
}

/** Ends an operation, because the update must roll back or a deletion takes its place. */
export class Superseded extends DOMException {
  readonly isDeletion: boolean;

  constructor(isDeletion: boolean) {
    super("the operation was ended", "AbortError");
    this.isDeletion = isDeletion;
  }
}

/** What all operations on stacks share. */
export class OperationBase {
  readonly world: World;
  readonly work: ResourceWork;
  readonly relations: StackRelations;

  constructor(world: World, work: ResourceWork, relations: StackRelations) {
    this.world = world;
    this.work = work;
    this.relations = relations;
  }

  begin(stack: Stack, status: StackStatus, reason: string | undefined): AbortController {
    const controller = new AbortController();
    stack.underWay = controller;
    this.work.stackEvent(stack, status, reason);
    return controller;
  }

  end(stack: Stack, status: StackStatus, reason?: string): void {
    stack.underWay = undefined;
    this.work.stackEvent(stack, status, reason);
  }

  scope(stack: Stack, desired: Desired, imports: readonly Import[] = []) {
    const lookup = (logicalId: string) => {
      const resource = stack.resources.get(logicalId);
      const imported = imports.find((one) => one.logicalId === logicalId);
      return imported?.physical ?? this.world.find(resource?.type ?? "", resource?.physicalId);
    };
    return scopeOf(this.world, stack, desired, lookup, this.relations.exports);
  }

  /** @returns the outputs, or why they can't be computed */
  outputs(stack: Stack, desired: Desired): Output[] | string {
    try {
      return outputsOf(desired, this.scope(stack, desired));
    } catch (problem) {
      if (problem instanceof AwsError) return problem.message;
      throw problem;
    }
  }

  /** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html */
  exportInUse(before: readonly Output[], after: readonly Output[]): string | undefined {
    for (const output of before) {
      if (output.exportName === undefined) continue;
      const next = after.find((one) => one.exportName === output.exportName);
      const [user] = this.relations.importersOf(output.exportName);
      if (user === undefined || next?.value === output.value) continue;
      return `Export ${output.exportName} cannot be ${next === undefined ? "deleted" : "updated"} as it is in use by ${user}`;
    }
    return undefined;
  }

  /** Deletes the resources that need another one before that one. */
  async deleteAll(
    stack: Stack,
    resources: readonly StackResource[],
    retains: (resource: StackResource) => boolean,
    signal: AbortSignal,
  ): Promise<Map<string, StepFailure>> {
    const byId = new Map(resources.map((resource) => [resource.logicalId, resource]));
    const needing = (id: string) =>
      [...byId.values()].filter((one) => needsOf(one.template).includes(id)).map((one) => one.logicalId);
    const failed = new Set<string>();
    return inOrder(
      [...byId.keys()].reverse(),
      async (logicalId, own) => {
        // Don't try to delete what a remaining resource still needs.
        if (needing(logicalId).some((one) => failed.has(one))) return void failed.add(logicalId);
        const resource = known(byId.get(logicalId));
        try {
          await this.work.delete(stack, resource, retains(resource), own);
        } catch (problem) {
          failed.add(logicalId);
          throw problem;
        }
      },
      { needs: needing, signal, stopsAtFailure: false },
    );
  }

  disown(resource: StackResource): void {
    const physical = this.world.find(resource.type, resource.physicalId);
    if (physical !== undefined) physical.owner = undefined;
  }
}

export function isSuperseded(signal: AbortSignal): boolean {
  return signal.reason instanceof Superseded && signal.reason.isDeletion;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html */
export function isRetained({ template }: StackResource, occasion: Occasion): boolean {
  if (occasion === "replacement") return template.updateReplacePolicy === "Retain";
  if (template.deletionPolicy === "Retain") return true;
  return template.deletionPolicy === "RetainExceptOnCreate" && occasion === "deletion";
}

export function failureSentence(failures: ReadonlyMap<string, unknown>, verb: string): string {
  return failures.size === 0
    ? ""
    : `The following resource(s) failed to ${verb}: [${[...failures.keys()].join(", ")}]. `;
}

export function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the double lost track of a stack");
  return value;
}
