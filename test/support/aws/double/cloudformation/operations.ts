import type { Physical } from "../world.ts";
import { inOrder } from "./graph.ts";
import { failureSentence, isRetained, isSuperseded, known, type OperationBase } from "./operation-base.ts";
import { stackResource } from "./resources.ts";
import { needsOf, orderedResources, propertiesOf } from "./scope.ts";
import { type Desired, type Import, isLive, type Stack, type StackResource } from "./stack.ts";

export interface CreateOptions {
  readonly onFailure: string;
  readonly imports: readonly Import[];
  readonly retainsExceptOnCreate: boolean;
}

/**
 * Creates and deletes stacks, and imports into them. Sources for the status codes and their order:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html and
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html
 */
export class Operations {
  private readonly base: OperationBase;

  constructor(base: OperationBase) {
    this.base = base;
  }

  async create(stack: Stack, desired: Desired, options: CreateOptions): Promise<void> {
    const { signal } = this.base.begin(stack, "CREATE_IN_PROGRESS", "User Initiated");
    stack.desired = desired;
    const scope = this.base.scope(stack, desired);
    const ordered = new Map(orderedResources(desired, scope));
    const failures = await inOrder(
      [...ordered.keys()],
      async (logicalId, own) => {
        const template = known(ordered.get(logicalId));
        const resource = stackResource(logicalId, template, this.base.world.clock.now());
        stack.resources.set(logicalId, resource);
        const imported = options.imports.find((one) => one.logicalId === logicalId);
        if (imported === undefined)
          return this.base.work.create(stack, resource, () => propertiesOf(template, scope), own);
        resource.properties = propertiesOf(template, scope);
        await this.base.work.import(stack, resource, imported.physical, own);
      },
      { needs: (id) => needsOf(known(ordered.get(id))), signal, stopsAtFailure: true },
    );
    if (isSuperseded(signal)) return;
    if (failures.size > 0 || signal.aborted)
      return this.#creationFailed(stack, failureSentence(failures, "create"), options);
    const outputs = this.base.outputs(stack, desired);
    if (typeof outputs === "string") return this.#creationFailed(stack, `${outputs} `, options);
    stack.outputs = outputs;
    this.base.end(stack, "CREATE_COMPLETE");
  }

  async #creationFailed(stack: Stack, reason: string, options: CreateOptions): Promise<void> {
    if (options.onFailure === "DO_NOTHING") return this.base.end(stack, "CREATE_FAILED", reason);
    if (options.onFailure === "DELETE") return this.delete(stack, []);
    await this.rollBackCreation(stack, `${reason}Rollback requested by user.`, options);
  }

  async rollBackCreation(
    stack: Stack,
    reason: string,
    options: Pick<CreateOptions, "retainsExceptOnCreate">,
  ) {
    const { signal } = this.base.begin(stack, "ROLLBACK_IN_PROGRESS", reason);
    const failures = await this.base.deleteAll(
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
    if (failures.size === 0) this.base.end(stack, "ROLLBACK_COMPLETE");
    else this.base.end(stack, "ROLLBACK_FAILED", failureSentence(failures, "delete"));
  }

  async import(stack: Stack, desired: Desired, imports: readonly Import[]): Promise<void> {
    const { signal } = this.base.begin(stack, "IMPORT_IN_PROGRESS", "User Initiated");
    const before = stack.desired;
    const scope = this.base.scope(stack, desired, imports);
    const resources = new Map(
      imports.map(({ logicalId, physical }) => {
        const template = known(desired.template.resources[logicalId]);
        const resource = stackResource(logicalId, template, this.base.world.clock.now());
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
        await this.base.work.import(stack, resource, physical, own);
      },
      { needs: () => [], signal, stopsAtFailure: true },
    );
    if (failures.size === 0) {
      const outputs = this.base.outputs(stack, desired);
      stack.outputs = typeof outputs === "string" ? [] : outputs;
      return this.base.end(stack, "IMPORT_COMPLETE");
    }
    stack.desired = before;
    await this.#rollBackImport(stack, [...resources.values()], failureSentence(failures, "import"));
  }

  async #rollBackImport(
    stack: Stack,
    imported: readonly { readonly resource: StackResource; readonly physical: Physical }[],
    reason: string,
  ): Promise<void> {
    const { signal } = this.base.begin(stack, "IMPORT_ROLLBACK_IN_PROGRESS", reason);
    const failed: string[] = [];
    for (const { resource, physical } of imported) {
      const why = await this.base.work.disown(stack, resource, physical, signal);
      if (why === undefined) stack.resources.delete(resource.logicalId);
      else failed.push(resource.logicalId);
    }
    if (failed.length === 0) return this.base.end(stack, "IMPORT_ROLLBACK_COMPLETE");
    this.base.end(
      stack,
      "IMPORT_ROLLBACK_FAILED",
      `The following resource(s) failed to be rolled back: [${failed.join(", ")}].`,
    );
  }

  /** @param retained logical ids to keep, if the stack's last deletion failed */
  async delete(stack: Stack, retained: readonly string[]): Promise<void> {
    const before = stack.status;
    const { signal } = this.base.begin(stack, "DELETE_IN_PROGRESS", "User Initiated");
    const inUse = this.base.exportInUse(stack.outputs, []);
    if (inUse !== undefined) {
      await this.base.world.clock.sleep(1_000);
      // The stack returns to its last status: https://github.com/boto/botocore/issues/2590
      return this.base.end(stack, before, inUse);
    }
    const failures = await this.base.deleteAll(
      stack,
      [...stack.resources.values()].filter(isLive),
      (resource) => retained.includes(resource.logicalId) || isRetained(resource, "deletion"),
      signal,
    );
    if (failures.size > 0) return this.base.end(stack, "DELETE_FAILED", failureSentence(failures, "delete"));
    stack.deletedAt = this.base.world.clock.now();
    stack.outputs = [];
    this.base.end(stack, "DELETE_COMPLETE");
  }
}
