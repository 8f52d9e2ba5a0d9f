import { validationError } from "../errors.ts";
import type { World } from "../world.ts";
import { importsOf } from "./scope.ts";
import type { Output, Stack } from "./stack.ts";

/** All stacks, past and present. */
export class Stacks {
  readonly #world: World;
  readonly #all: Stack[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  add(name: string): Stack {
    const stack: Stack = {
      id: this.#world.arn("cloudformation", `stack/${name}/${this.#world.uuid()}`),
      name,
      createdAt: this.#world.clock.now(),
      updatedAt: undefined,
      deletedAt: undefined,
      status: "REVIEW_IN_PROGRESS",
      reason: undefined,
      desired: undefined,
      capabilities: [],
      outputs: [],
      resources: new Map(),
      events: [],
      changeSets: [],
      changeSetId: undefined,
      isProtected: false,
      rollback: undefined,
      underWay: undefined,
      token: undefined,
      drift: undefined,
    };
    this.#all.push(stack);
    return stack;
  }

  /** Stacks that were not deleted. */
  live(): Stack[] {
    return this.#all.filter((stack) => stack.deletedAt === undefined);
  }

  /**
   * Finds an existing stack by name. Finds a deleted one, too, by id.
   * Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
   */
  find(nameOrId: string): Stack | undefined {
    return nameOrId.startsWith("arn:")
      ? this.#all.find((stack) => stack.id === nameOrId)
      : this.live().find((stack) => stack.name === nameOrId);
  }

  /** @throws AwsError ValidationError */
  known(nameOrId: string | undefined): Stack {
    if (nameOrId === undefined)
      throw validationError(
        "1 validation error detected: Value null at 'stackName' failed to satisfy constraint: Member must not be null",
      );
    const found = this.find(nameOrId);
    if (found === undefined) throw validationError(`Stack with id ${nameOrId} does not exist`);
    return found;
  }

  exportOf(name: string): Output | undefined {
    return this.live()
      .flatMap((stack) => stack.outputs)
      .find((output) => output.exportName === name);
  }

  importersOf(exportName: string): string[] {
    return this.live()
      .filter((stack) => importsOf(stack, this.#world).includes(exportName))
      .map((stack) => stack.name);
  }
}
