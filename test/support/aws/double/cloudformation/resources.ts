import { randomUUID } from "node:crypto";
import type { ResourceStatus, StackStatus } from "@aws-sdk/client-cloudformation";
import { obstacleToEndpoint } from "../endpoint-obstacles.ts";
import { AwsError } from "../errors.ts";
import { canonical, type Fields } from "../fields.ts";
import {
  makePhysical,
  namingOf,
  needsReplacement,
  obstacleToDeletion,
  resourceType,
} from "../resource-types.ts";
import type { Physical, World } from "../world.ts";
import { StepFailure } from "./graph.ts";
import type { ResourcePlants, Step } from "./plants.ts";
import type { Stack, StackResource } from "./stack.ts";
import type { TemplateResource } from "./template.ts";

/** What a service does when CloudFormation creates, changes or deletes one of its resources. */
export interface Lifecycle {
  readonly created?: (physical: Physical, signal: AbortSignal) => Promise<void>;
  readonly updated?: (physical: Physical, before: Fields, signal: AbortSignal) => Promise<void>;
  readonly deleted?: (physical: Physical) => Promise<void>;
}
export type Lifecycles = Map<string, Lifecycle>;

const INITIATION_SECONDS = 1;

/** Creates, changes and deletes single resources of stacks, and adds the events that a stack shows for each. */
export class ResourceWork {
  readonly #world: World;
  readonly #plants: ResourcePlants;
  readonly #lifecycles: Lifecycles;

  constructor(world: World, plants: ResourcePlants, lifecycles: Lifecycles) {
    this.#world = world;
    this.#plants = plants;
    this.#lifecycles = lifecycles;
  }

  /** Sets a stack's status and adds an event. */
  stackEvent(stack: Stack, status: StackStatus, reason?: string): void {
    stack.status = status;
    stack.reason = reason;
    const common = { logicalId: stack.name, physicalId: stack.id, type: "AWS::CloudFormation::Stack" };
    this.#event(stack, { ...common, status: status as ResourceStatus, reason, properties: undefined });
  }

  resourceEvent(stack: Stack, resource: StackResource, status: ResourceStatus, reason?: string): void {
    resource.status = status;
    resource.reason = reason;
    resource.at = this.#world.clock.now();
    const { logicalId, physicalId, type, properties } = resource;
    this.#event(stack, { logicalId, physicalId, type, status, reason, properties });
  }

  /** @throws StepFailure */
  async create(
    stack: Stack,
    resource: StackResource,
    properties: () => Fields,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#told(stack, resource, "CREATE_FAILED", "Resource creation cancelled", async () => {
      this.resourceEvent(stack, resource, "CREATE_IN_PROGRESS");
      await this.#pause(INITIATION_SECONDS, signal);
      resource.properties = evaluated(properties);
      this.#refuse(stack, resource, "create");
      const physical = this.make(stack, resource);
      this.resourceEvent(stack, resource, "CREATE_IN_PROGRESS", "Resource creation Initiated");
      await this.#pause(this.#seconds(stack, resource, "create"), signal);
      this.#refuse(stack, resource, "create", true);
      await this.#lifecycles.get(resource.type)?.created?.(physical, signal);
      this.resourceEvent(stack, resource, "CREATE_COMPLETE");
    });
  }

  /** Creates the physical resource, owned by this stack. @throws StepFailure if its name is in use */
  make(stack: Stack, resource: StackResource): Physical {
    const { type, logicalId, properties } = resource;
    const madeName = `${stack.name}-${logicalId}-${this.#world.hex(12)}`;
    const { identity, names } = namingOf(type, properties, madeName);
    if (identity !== undefined && this.#world.withIdentity(type, identity) !== undefined)
      throw new StepFailure(alreadyExists(type, names));
    const obstacle =
      type === "AWS::EC2::VPCEndpoint" ? obstacleToEndpoint(properties, this.#world) : undefined;
    if (obstacle !== undefined) throw new StepFailure(handlerMessage(obstacle, "InvalidRequest"));
    const physical = makePhysical(type, properties, madeName, this.#world);
    physical.owner = { stackId: stack.id, stackName: stack.name, logicalId };
    resource.physicalId = physical.id;
    return physical;
  }

  /** @returns whether there was anything to do. @throws StepFailure */
  async update(
    stack: Stack,
    resource: StackResource,
    properties: () => Fields,
    signal: AbortSignal,
    hasNewTags: boolean,
  ): Promise<"same" | "changed" | "replaced"> {
    const fresh = evaluated(properties);
    const changed = changedProperties(resource.properties, fresh);
    if (changed.length === 0 && !hasNewTags) return "same";
    const isReplaced = changed.some((name) => needsReplacement(resource.type, name));
    await this.#told(stack, resource, "UPDATE_FAILED", "Resource update cancelled", async () => {
      if (isReplaced) await this.#replace(stack, resource, fresh, signal);
      else await this.#change(stack, resource, fresh, signal);
      this.resourceEvent(stack, resource, "UPDATE_COMPLETE");
    });
    return isReplaced ? "replaced" : "changed";
  }

  async #change(stack: Stack, resource: StackResource, fresh: Fields, signal: AbortSignal): Promise<void> {
    this.resourceEvent(stack, resource, "UPDATE_IN_PROGRESS");
    await this.#pause(this.#seconds(stack, resource, "update"), signal);
    this.#refuse(stack, resource, "update");
    await this.#apply(resource, fresh, signal);
  }

  /** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html */
  async #replace(stack: Stack, resource: StackResource, fresh: Fields, signal: AbortSignal): Promise<void> {
    const why = "Requested update requires the creation of a new physical resource; hence creating one.";
    this.resourceEvent(stack, resource, "UPDATE_IN_PROGRESS", why);
    await this.#pause(INITIATION_SECONDS, signal);
    this.#refuse(stack, resource, "update");
    const { identity, isOwnName } = namingOf(resource.type, fresh, "");
    if (isOwnName && this.#world.find(resource.type, resource.physicalId)?.identity === identity)
      throw new StepFailure(
        `CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename ${identity} and update the stack again.`,
      );
    resource.properties = fresh;
    const physical = this.make(stack, resource);
    this.resourceEvent(stack, resource, "UPDATE_IN_PROGRESS", "Resource creation Initiated");
    await this.#pause(this.#seconds(stack, resource, "update"), signal);
    await this.#lifecycles.get(resource.type)?.created?.(physical, signal);
  }

  /** Restores a resource to its earlier state. @throws StepFailure */
  async restore(
    stack: Stack,
    resource: StackResource,
    before: StackResource,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#told(stack, resource, "UPDATE_FAILED", "Resource update cancelled", async () => {
      this.resourceEvent(stack, resource, "UPDATE_IN_PROGRESS");
      await this.#pause(this.#seconds(stack, resource, "restore"), signal);
      this.#refuse(stack, resource, "restore");
      resource.physicalId = before.physicalId;
      await this.#apply(resource, before.properties, signal);
      this.resourceEvent(stack, resource, "UPDATE_COMPLETE");
    });
  }

  /** @throws StepFailure */
  async import(
    stack: Stack,
    resource: StackResource,
    physical: Physical,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#told(stack, resource, "IMPORT_FAILED", "Resource import cancelled", async () => {
      resource.physicalId = physical.id;
      this.resourceEvent(stack, resource, "IMPORT_IN_PROGRESS", "Resource import started.");
      await this.#pause(this.#seconds(stack, resource, "import", INITIATION_SECONDS), signal);
      this.#refuse(stack, resource, "import");
      physical.owner = { stackId: stack.id, stackName: stack.name, logicalId: resource.logicalId };
      physical.properties = resource.properties;
      this.resourceEvent(stack, resource, "IMPORT_COMPLETE", "Resource import completed.");
    });
  }

  /** Undoes an import. @returns why that failed */
  async disown(
    stack: Stack,
    resource: StackResource,
    physical: Physical,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    this.resourceEvent(stack, resource, "IMPORT_ROLLBACK_IN_PROGRESS");
    await this.#pause(this.#seconds(stack, resource, "restore", INITIATION_SECONDS), signal);
    const reason = this.#plants.failureOf(stack.name, resource.logicalId, "restore");
    this.resourceEvent(
      stack,
      resource,
      reason === undefined ? "IMPORT_ROLLBACK_COMPLETE" : "IMPORT_ROLLBACK_FAILED",
      reason,
    );
    if (reason === undefined) physical.owner = undefined;
    return reason;
  }

  /** Deletes a resource, or keeps it if its policy says so. @throws StepFailure */
  async delete(
    stack: Stack,
    resource: StackResource,
    isRetained: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const physical = this.#world.find(resource.type, resource.physicalId);
    if (physical === undefined) return this.resourceEvent(stack, resource, "DELETE_COMPLETE");
    if (isRetained) {
      physical.owner = undefined;
      return this.resourceEvent(stack, resource, "DELETE_SKIPPED");
    }
    await this.#told(stack, resource, "DELETE_FAILED", "Resource deletion cancelled", async () => {
      this.resourceEvent(stack, resource, "DELETE_IN_PROGRESS");
      await this.#pause(this.#seconds(stack, resource, "delete"), signal);
      this.#refuse(stack, resource, "delete");
      const obstacle = obstacleToDeletion(physical, this.#world);
      if (obstacle !== undefined) throw new StepFailure(handlerMessage(obstacle, "GeneralServiceException"));
      await this.#lifecycles.get(resource.type)?.deleted?.(physical);
      this.#world.remove(physical.type, physical.id);
      this.resourceEvent(stack, resource, "DELETE_COMPLETE");
    });
  }

  async #apply(resource: StackResource, fresh: Fields, signal: AbortSignal): Promise<void> {
    const physical = this.#world.find(resource.type, resource.physicalId);
    resource.properties = fresh;
    if (physical === undefined) throw new StepFailure(`Resource ${resource.physicalId} does not exist`);
    const before = physical.properties;
    physical.properties = fresh;
    await this.#lifecycles.get(resource.type)?.updated?.(physical, before, signal);
  }

  /** Records a failure as the resource's status. A wait that was ended counts as a cancellation. */
  async #told(
    stack: Stack,
    resource: StackResource,
    status: ResourceStatus,
    cancellation: string,
    work: () => Promise<void>,
  ): Promise<void> {
    try {
      await work();
    } catch (problem) {
      const isCancelled = problem instanceof DOMException && problem.name === "AbortError";
      if (!isCancelled && !(problem instanceof StepFailure)) throw problem;
      const reason = isCancelled ? cancellation : problem.message;
      this.resourceEvent(stack, resource, status, reason);
      throw new StepFailure(reason, isCancelled);
    }
  }

  #refuse(stack: Stack, { logicalId }: StackResource, step: Step, afterInitiation = false): void {
    const reason = this.#plants.failureOf(stack.name, logicalId, step, afterInitiation);
    if (reason !== undefined) throw new StepFailure(reason);
  }

  #seconds(stack: Stack, { logicalId, type }: StackResource, on: Step, byDefault?: number): number {
    return this.#plants.secondsOf(stack.name, logicalId, on) ?? byDefault ?? resourceType(type)?.seconds ?? 1;
  }

  async #pause(seconds: number, signal: AbortSignal): Promise<void> {
    await this.#world.clock.sleep(seconds * 1_000, signal);
  }

  #event(stack: Stack, event: Omit<Stack["events"][number], "id" | "at" | "token">): void {
    stack.events.push({ ...event, id: randomUUID(), at: this.#world.clock.now(), token: stack.token });
  }
}

export function stackResource(logicalId: string, template: TemplateResource, at: Date): StackResource {
  const type = template.type;
  const status = "CREATE_IN_PROGRESS";
  return { logicalId, type, template, physicalId: undefined, properties: {}, status, reason: undefined, at };
}

function changedProperties(before: Fields, after: Fields): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.filter((name) => canonical(before[name]) !== canonical(after[name]));
}

function evaluated(properties: () => Fields): Fields {
  try {
    return properties();
  } catch (problem) {
    throw problem instanceof AwsError ? new StepFailure(problem.message) : problem;
  }
}

/** Formats a resource handler's message as a stack's events show it. */
export function handlerMessage(message: string, code: string): string {
  return `Resource handler returned message: "${message}" (RequestToken: ${randomUUID()}, HandlerErrorCode: ${code})`;
}

function alreadyExists(type: string, names: readonly string[]): string {
  return handlerMessage(
    `Resource of type '${type}' with identifier '${names.join("|")}' already exists.`,
    "AlreadyExists",
  );
}
