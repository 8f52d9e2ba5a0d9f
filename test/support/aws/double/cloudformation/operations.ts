import type { StackStatus } from "@aws-sdk/client-cloudformation";
import { canonical } from "../fields.ts";
import type { Physical, World } from "../world.ts";
import { inOrder, type StepFailure } from "./graph.ts";
import { type ResourceWork, stackResource } from "./resources.ts";
import { type Exports, needsOf, orderedResources, outputsOf, propertiesOf, scopeOf } from "./scope.ts";
import {
  type Desired,
  type Import,
  isLive,
  type Output,
  type Rollback,
  type Stack,
  type StackResource,
} from "./stack.ts";

/** What a deletion of one resource is part of: it decides whether RetainExceptOnCreate retains. */
type Occasion = "rollback of creation" | "deletion" | "replacement";

export interface CreateOptions {
  readonly onFailure: string;
  readonly imports: readonly Import[];
  readonly retainsExceptOnCreate: boolean;
}

export interface StackRelations {
  readonly exports: Exports;
  /** The stacks that import an export. */
  readonly importersOf: (exportName: string) => readonly string[];
}

/** Ends an operation: the update is to be rolled back, or a deletion takes its place. */
export class Superseded extends DOMException {
  readonly isDeletion: boolean;

  constructor(isDeletion: boolean) {
    super("the operation was ended", "AbortError");
    this.isDeletion = isDeletion;
  }
}

/**
 * What CloudFormation does to whole stacks. Sources: the status codes and their order in
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html and
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html
 */
export class Operations {
  readonly #world: World;
  readonly #work: ResourceWork;
  readonly #relations: StackRelations;

  constructor(world: World, work: ResourceWork, relations: StackRelations) {
    this.#world = world;
    this.#work = work;
    this.#relations = relations;
  }

  async create(stack: Stack, desired: Desired, options: CreateOptions): Promise<void> {
    const { signal } = this.#begin(stack, "CREATE_IN_PROGRESS", "User Initiated");
    stack.desired = desired;
    const scope = this.#scope(stack, desired);
    const ordered = new Map(orderedResources(desired, scope));
    const failures = await inOrder(
      [...ordered.keys()],
      async (logicalId, own) => {
        const template = known(ordered.get(logicalId));
        const resource = stackResource(logicalId, template, this.#world.clock.now());
        stack.resources.set(logicalId, resource);
        const imported = options.imports.find((one) => one.logicalId === logicalId);
        if (imported === undefined)
          return this.#work.create(stack, resource, () => propertiesOf(template, scope), own);
        resource.properties = propertiesOf(template, scope);
        await this.#work.import(stack, resource, imported.physical, own);
      },
      { needs: (id) => needsOf(known(ordered.get(id))), signal, stopsAtFailure: true },
    );
    if (isSuperseded(signal)) return;
    if (failures.size === 0 && !signal.aborted) {
      stack.outputs = outputsOf(desired, scope);
      return this.#end(stack, "CREATE_COMPLETE");
    }
    await this.#creationFailed(stack, failureSentence(failures, "create"), options);
  }

  async #creationFailed(stack: Stack, reason: string, options: CreateOptions): Promise<void> {
    if (options.onFailure === "DO_NOTHING") return this.#end(stack, "CREATE_FAILED", reason);
    if (options.onFailure === "DELETE") return this.delete(stack, []);
    await this.rollBackCreation(stack, `${reason}Rollback requested by user.`, options);
  }

  async rollBackCreation(
    stack: Stack,
    reason: string,
    options: Pick<CreateOptions, "retainsExceptOnCreate">,
  ) {
    const { signal } = this.#begin(stack, "ROLLBACK_IN_PROGRESS", reason);
    const failures = await this.#deleteAll(
      stack,
      [...stack.resources.values()],
      (resource) => {
        if (resource.status.startsWith("IMPORT")) return true;
        if (options.retainsExceptOnCreate) return false;
        return isRetained(resource, "rollback of creation");
      },
      signal,
    );
    if (isSuperseded(signal)) return;
    if (failures.size === 0) this.#end(stack, "ROLLBACK_COMPLETE");
    else this.#end(stack, "ROLLBACK_FAILED", failureSentence(failures, "delete"));
  }

  async update(
    stack: Stack,
    desired: Desired,
    options: { readonly disablesRollback: boolean; readonly imports: readonly Import[] },
  ): Promise<void> {
    const { signal } = this.#begin(stack, "UPDATE_IN_PROGRESS", "User Initiated");
    stack.updatedAt = this.#world.clock.now();
    const rollback = this.#snapshot(stack);
    stack.rollback = rollback;
    stack.desired = desired;
    const failures = await this.#applyUpdate(stack, desired, options.imports, rollback, signal);
    const reason = this.#reasonToRollBack(stack, desired, failures, signal);
    if (reason === undefined) return this.#finishUpdate(stack, desired, rollback, signal);
    if (options.disablesRollback) return this.#end(stack, "UPDATE_FAILED", reason);
    await this.rollBackUpdate(stack, reason, []);
  }

  #snapshot(stack: Stack): Rollback {
    return {
      before: new Map([...stack.resources].map(([id, resource]) => [id, { ...resource }])),
      desired: known(stack.desired),
      outputs: stack.outputs,
      pending: new Set(),
      made: [],
    };
  }

  async #applyUpdate(
    stack: Stack,
    desired: Desired,
    imports: readonly Import[],
    rollback: Rollback,
    signal: AbortSignal,
  ): Promise<Map<string, StepFailure>> {
    const scope = this.#scope(stack, desired);
    const ordered = new Map(orderedResources(desired, scope));
    const hasNewTags = canonical([...rollback.desired.tags]) !== canonical([...desired.tags]);
    const made = rollback.made as Rollback["made"][number][];
    return inOrder(
      [...ordered.keys()],
      async (logicalId, own) => {
        const template = known(ordered.get(logicalId));
        const properties = () => propertiesOf(template, scope);
        const imported = imports.find((one) => one.logicalId === logicalId);
        const existing = stack.resources.get(logicalId);
        if (existing !== undefined && isLive(existing) && existing.type === template.type) {
          const resource: StackResource = { ...existing, template };
          stack.resources.set(logicalId, resource);
          rollback.pending.add(logicalId);
          try {
            const change = await this.#work.update(stack, resource, properties, own, hasNewTags);
            if (change === "same") rollback.pending.delete(logicalId);
          } finally {
            if (resource.physicalId !== existing.physicalId)
              made.push({ resource: { ...resource }, isReplacement: true });
          }
          return;
        }
        const resource = stackResource(logicalId, template, this.#world.clock.now());
        stack.resources.set(logicalId, resource);
        made.push({ resource, isReplacement: false });
        if (imported === undefined) return this.#work.create(stack, resource, properties, own);
        resource.properties = properties();
        await this.#work.import(stack, resource, imported.physical, own);
      },
      { needs: (id) => needsOf(known(ordered.get(id))), signal, stopsAtFailure: true },
    );
  }

  #reasonToRollBack(
    stack: Stack,
    desired: Desired,
    failures: ReadonlyMap<string, StepFailure>,
    signal: AbortSignal,
  ): string | undefined {
    if (failures.size > 0) {
      const made = new Map(
        [...failures].filter(([id]) => stack.resources.get(id)?.status === "CREATE_FAILED"),
      );
      const changed = new Map([...failures].filter(([id]) => !made.has(id)));
      return `${failureSentence(made, "create")}${failureSentence(changed, "update")}`;
    }
    if (signal.aborted) return "User Initiated";
    const outputs = outputsOf(desired, this.#scope(stack, desired));
    return this.#exportInUse(stack.outputs, outputs);
  }

  /** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html */
  #exportInUse(before: readonly Output[], after: readonly Output[]): string | undefined {
    for (const output of before) {
      if (output.exportName === undefined) continue;
      const next = after.find((one) => one.exportName === output.exportName);
      const [user] = this.#relations.importersOf(output.exportName);
      if (user === undefined || next?.value === output.value) continue;
      return `Export ${output.exportName} cannot be ${next === undefined ? "deleted" : "updated"} as it is in use by ${user}`;
    }
    return undefined;
  }

  async #finishUpdate(
    stack: Stack,
    desired: Desired,
    rollback: Rollback,
    signal: AbortSignal,
  ): Promise<void> {
    stack.outputs = outputsOf(desired, this.#scope(stack, desired));
    this.#work.stackEvent(stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
    const scope = this.#scope(stack, desired);
    const wanted = new Set(orderedResources(desired, scope).map(([id]) => id));
    const removed = [...stack.resources.values()].filter((one) => isLive(one) && !wanted.has(one.logicalId));
    const replaced = [...rollback.before.values()].filter((old) => {
      const now = stack.resources.get(old.logicalId);
      return (
        isLive(old) && now !== undefined && wanted.has(old.logicalId) && now.physicalId !== old.physicalId
      );
    });
    const gone = [...removed, ...replaced.map((one) => ({ ...one }))];
    const failures = await this.#deleteAll(
      stack,
      gone,
      (resource) => isRetained(resource, wanted.has(resource.logicalId) ? "replacement" : "deletion"),
      signal,
    );
    for (const resource of removed) stack.resources.delete(resource.logicalId);
    stack.rollback = undefined;
    // A cleanup that fails does not fail the update; what it could not delete is the stack's no more.
    const left =
      failures.size > 0 ? "Update successful. One or more resources could not be deleted." : undefined;
    for (const resource of gone.filter((one) => failures.has(one.logicalId))) this.#disown(resource);
    this.#end(stack, "UPDATE_COMPLETE", left);
  }

  /**
   * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-continueupdaterollback.html
   * @param skipped logical ids that are taken to be back where they were
   */
  async rollBackUpdate(stack: Stack, reason: string | undefined, skipped: readonly string[]): Promise<void> {
    const rollback = known(stack.rollback);
    const { signal } = this.#begin(stack, "UPDATE_ROLLBACK_IN_PROGRESS", reason);
    for (const logicalId of skipped) {
      rollback.pending.delete(logicalId);
      const resource = stack.resources.get(logicalId);
      if (resource !== undefined) this.#work.resourceEvent(stack, resource, "UPDATE_COMPLETE");
    }
    const failures = await this.#restoreAll(stack, rollback, signal);
    if (failures.size > 0)
      return this.#end(stack, "UPDATE_ROLLBACK_FAILED", failureSentence(failures, "update"));
    stack.desired = rollback.desired;
    stack.outputs = rollback.outputs;
    this.#work.stackEvent(stack, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS");
    await this.#removeMade(stack, rollback, signal);
    stack.rollback = undefined;
    this.#end(stack, "UPDATE_ROLLBACK_COMPLETE");
  }

  async #restoreAll(stack: Stack, rollback: Rollback, signal: AbortSignal) {
    return inOrder(
      [...rollback.pending],
      async (logicalId, own) => {
        const before = known(rollback.before.get(logicalId));
        const resource: StackResource = {
          ...known(stack.resources.get(logicalId)),
          template: before.template,
        };
        stack.resources.set(logicalId, resource);
        await this.#work.restore(stack, resource, before, own);
        rollback.pending.delete(logicalId);
      },
      { needs: (id) => needsOf(known(rollback.before.get(id)).template), signal, stopsAtFailure: false },
    );
  }

  async #removeMade(stack: Stack, rollback: Rollback, signal: AbortSignal): Promise<void> {
    const resources = rollback.made.map((one) => one.resource);
    const replacements = new Set(rollback.made.filter((one) => one.isReplacement).map((one) => one.resource));
    await this.#deleteAll(
      stack,
      resources,
      (resource) =>
        resource.status.startsWith("IMPORT") ||
        (!replacements.has(resource) && isRetained(resource, "rollback of creation")),
      signal,
    );
    for (const { resource, isReplacement } of rollback.made)
      if (!isReplacement) stack.resources.delete(resource.logicalId);
  }

  async import(stack: Stack, desired: Desired, imports: readonly Import[]): Promise<void> {
    const { signal } = this.#begin(stack, "IMPORT_IN_PROGRESS", "User Initiated");
    const before = stack.desired;
    const scope = this.#scope(stack, desired, imports);
    const resources = new Map(
      imports.map(({ logicalId, physical }) => {
        const template = known(desired.template.resources[logicalId]);
        const resource = stackResource(logicalId, template, this.#world.clock.now());
        resource.properties = propertiesOf(template, scope);
        return [logicalId, { resource, physical }] as const;
      }),
    );
    for (const [logicalId, { resource }] of resources) stack.resources.set(logicalId, resource);
    stack.desired = desired;
    const failures = await inOrder(
      [...resources.keys()],
      async (logicalId, own) => {
        const { resource, physical } = known(resources.get(logicalId));
        await this.#work.import(stack, resource, physical, own);
      },
      { needs: () => [], signal, stopsAtFailure: true },
    );
    if (failures.size === 0) {
      stack.outputs = outputsOf(desired, this.#scope(stack, desired));
      return this.#end(stack, "IMPORT_COMPLETE");
    }
    stack.desired = before;
    await this.#rollBackImport(stack, [...resources.values()], failureSentence(failures, "import"));
  }

  async #rollBackImport(
    stack: Stack,
    imported: readonly { readonly resource: StackResource; readonly physical: Physical }[],
    reason: string,
  ): Promise<void> {
    const { signal } = this.#begin(stack, "IMPORT_ROLLBACK_IN_PROGRESS", reason);
    const failed: string[] = [];
    for (const { resource, physical } of imported) {
      const why = await this.#work.disown(stack, resource, physical, signal);
      if (why === undefined) stack.resources.delete(resource.logicalId);
      else failed.push(resource.logicalId);
    }
    if (failed.length === 0) return this.#end(stack, "IMPORT_ROLLBACK_COMPLETE");
    this.#end(
      stack,
      "IMPORT_ROLLBACK_FAILED",
      `The following resource(s) failed to be rolled back: [${failed.join(", ")}].`,
    );
  }

  /** @param retained logical ids to leave, for a stack whose deletion failed before */
  async delete(stack: Stack, retained: readonly string[]): Promise<void> {
    const before = stack.status;
    const { signal } = this.#begin(stack, "DELETE_IN_PROGRESS", "User Initiated");
    const inUse = this.#exportInUse(stack.outputs, []);
    if (inUse !== undefined) {
      await this.#world.clock.sleep(1_000);
      // The stack goes back to where it was: https://github.com/boto/botocore/issues/2590
      return this.#end(stack, before, inUse);
    }
    const failures = await this.#deleteAll(
      stack,
      [...stack.resources.values()].filter(isLive),
      (resource) => retained.includes(resource.logicalId) || isRetained(resource, "deletion"),
      signal,
    );
    if (failures.size > 0) return this.#end(stack, "DELETE_FAILED", failureSentence(failures, "delete"));
    stack.deletedAt = this.#world.clock.now();
    stack.outputs = [];
    this.#end(stack, "DELETE_COMPLETE");
  }

  /** Everything that needs a resource goes before it. */
  async #deleteAll(
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
        // What something else still hangs on is not tried.
        if (needing(logicalId).some((one) => failed.has(one))) return void failed.add(logicalId);
        const resource = known(byId.get(logicalId));
        try {
          await this.#work.delete(stack, resource, retains(resource), own);
        } catch (problem) {
          failed.add(logicalId);
          throw problem;
        }
      },
      { needs: needing, signal, stopsAtFailure: false },
    );
  }

  #disown(resource: StackResource): void {
    const physical = this.#world.find(resource.type, resource.physicalId);
    if (physical !== undefined) physical.owner = undefined;
  }

  #scope(stack: Stack, desired: Desired, imports: readonly Import[] = []) {
    const lookup = (logicalId: string) => {
      const resource = stack.resources.get(logicalId);
      const imported = imports.find((one) => one.logicalId === logicalId);
      return imported?.physical ?? this.#world.find(resource?.type ?? "", resource?.physicalId);
    };
    return scopeOf(this.#world, stack, desired, lookup, this.#relations.exports);
  }

  #begin(stack: Stack, status: StackStatus, reason: string | undefined): AbortController {
    const controller = new AbortController();
    stack.underWay = controller;
    this.#work.stackEvent(stack, status, reason);
    return controller;
  }

  #end(stack: Stack, status: StackStatus, reason?: string): void {
    stack.underWay = undefined;
    this.#work.stackEvent(stack, status, reason);
  }
}

function isSuperseded(signal: AbortSignal): boolean {
  return signal.reason instanceof Superseded && signal.reason.isDeletion;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html */
function isRetained({ template }: StackResource, occasion: Occasion): boolean {
  if (occasion === "replacement") return template.updateReplacePolicy === "Retain";
  if (template.deletionPolicy === "Retain") return true;
  return template.deletionPolicy === "RetainExceptOnCreate" && occasion === "deletion";
}

function failureSentence(failures: ReadonlyMap<string, unknown>, verb: string): string {
  return failures.size === 0
    ? ""
    : `The following resource(s) failed to ${verb}: [${[...failures.keys()].join(", ")}]. `;
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the double lost track of a stack");
  return value;
}
