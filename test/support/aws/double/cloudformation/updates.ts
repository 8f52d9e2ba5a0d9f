import { canonical } from "../fields.ts";
import { inOrder, type StepFailure } from "./graph.ts";
import { failureSentence, isRetained, known, type OperationBase } from "./operation-base.ts";
import { stackResource } from "./resources.ts";
import { needsOf, orderedResources, outputsOf, propertiesOf } from "./scope.ts";
import { type Desired, type Import, isLive, type Rollback, type Stack, type StackResource } from "./stack.ts";

/**
 * Updates and their rollbacks. Source:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
 */
export class Updates {
  private readonly base: OperationBase;

  constructor(base: OperationBase) {
    this.base = base;
  }

  async update(
    stack: Stack,
    desired: Desired,
    options: { readonly disablesRollback: boolean; readonly imports: readonly Import[] },
  ): Promise<void> {
    const { signal } = this.base.begin(stack, "UPDATE_IN_PROGRESS", "User Initiated");
    stack.updatedAt = this.base.world.clock.now();
    const rollback = this.#snapshot(stack);
    stack.rollback = rollback;
    stack.desired = desired;
    const failures = await this.#applyUpdate(stack, desired, options.imports, rollback, signal);
    const reason = this.#reasonToRollBack(stack, desired, failures, signal);
    if (reason === undefined) return this.#finishUpdate(stack, desired, rollback, signal);
    if (options.disablesRollback) return this.base.end(stack, "UPDATE_FAILED", reason);
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
    const scope = this.base.scope(stack, desired);
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
            const change = await this.base.work.update(stack, resource, properties, own, hasNewTags);
            if (change === "same") rollback.pending.delete(logicalId);
          } finally {
            if (resource.physicalId !== existing.physicalId)
              made.push({ resource: { ...resource }, isReplacement: true });
          }
          return;
        }
        const resource = stackResource(logicalId, template, this.base.world.clock.now());
        stack.resources.set(logicalId, resource);
        made.push({ resource, isReplacement: false });
        if (imported === undefined) return this.base.work.create(stack, resource, properties, own);
        resource.properties = properties();
        await this.base.work.import(stack, resource, imported.physical, own);
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
    const outputs = this.base.outputs(stack, desired);
    return typeof outputs === "string" ? outputs : this.base.exportInUse(stack.outputs, outputs);
  }

  async #finishUpdate(
    stack: Stack,
    desired: Desired,
    rollback: Rollback,
    signal: AbortSignal,
  ): Promise<void> {
    stack.outputs = outputsOf(desired, this.base.scope(stack, desired));
    this.base.work.stackEvent(stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
    const scope = this.base.scope(stack, desired);
    const wanted = new Set(orderedResources(desired, scope).map(([id]) => id));
    const removed = [...stack.resources.values()].filter((one) => isLive(one) && !wanted.has(one.logicalId));
    const replaced = [...rollback.before.values()].filter((old) => {
      const now = stack.resources.get(old.logicalId);
      return (
        isLive(old) && now !== undefined && wanted.has(old.logicalId) && now.physicalId !== old.physicalId
      );
    });
    const gone = [...removed, ...replaced.map((one) => ({ ...one }))];
    const failures = await this.base.deleteAll(
      stack,
      gone,
      (resource) => isRetained(resource, wanted.has(resource.logicalId) ? "replacement" : "deletion"),
      signal,
    );
    for (const resource of removed) stack.resources.delete(resource.logicalId);
    stack.rollback = undefined;
    // A failed cleanup does not fail the update. The stack no longer owns what the cleanup could not delete.
    const left =
      failures.size > 0 ? "Update successful. One or more resources could not be deleted." : undefined;
    for (const resource of gone.filter((one) => failures.has(one.logicalId))) this.base.disown(resource);
    this.base.end(stack, "UPDATE_COMPLETE", left);
  }

  /**
   * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-continueupdaterollback.html
   * @param skipped logical ids to treat as already restored
   */
  async rollBackUpdate(stack: Stack, reason: string | undefined, skipped: readonly string[]): Promise<void> {
    const rollback = known(stack.rollback);
    const { signal } = this.base.begin(stack, "UPDATE_ROLLBACK_IN_PROGRESS", reason);
    for (const logicalId of skipped) {
      rollback.pending.delete(logicalId);
      const resource = stack.resources.get(logicalId);
      if (resource !== undefined) this.base.work.resourceEvent(stack, resource, "UPDATE_COMPLETE");
    }
    const failures = await this.#restoreAll(stack, rollback, signal);
    if (failures.size > 0)
      return this.base.end(stack, "UPDATE_ROLLBACK_FAILED", failureSentence(failures, "update"));
    stack.desired = rollback.desired;
    stack.outputs = rollback.outputs;
    this.base.work.stackEvent(stack, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS");
    await this.#removeMade(stack, rollback, signal);
    stack.rollback = undefined;
    this.base.end(stack, "UPDATE_ROLLBACK_COMPLETE");
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
        await this.base.work.restore(stack, resource, before, own);
        rollback.pending.delete(logicalId);
      },
      { needs: (id) => needsOf(known(rollback.before.get(id)).template), signal, stopsAtFailure: false },
    );
  }

  async #removeMade(stack: Stack, rollback: Rollback, signal: AbortSignal): Promise<void> {
    const resources = rollback.made.map((one) => one.resource);
    const replacements = new Set(rollback.made.filter((one) => one.isReplacement).map((one) => one.resource));
    await this.base.deleteAll(
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
}
