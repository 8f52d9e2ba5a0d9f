import { AwsError } from "../errors.ts";
import { type Fields, fieldsOf, isFields, recordsOf, textOf } from "../fields.ts";
import { baseName } from "../resource-types.ts";
import type { Physical, World } from "../world.ts";

export interface TaskDefinition {
  readonly arn: string;
  readonly family: string;
  readonly revision: number;
  readonly isActive: boolean;
  readonly properties: Fields;
  readonly container: Fields;
}

/** Task definitions in stacks, and those that stacks have deregistered. */
export class TaskDefinitions {
  readonly #world: World;
  readonly #inactive = new Map<string, Fields>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Deregisters a definition. It can still be described, and running services continue with it. */
  deregister({ id, properties }: Physical): void {
    this.#inactive.set(id, properties);
  }

  /** Finds a definition by ARN, by `family:revision`, or by `family` for its newest active revision. */
  find(name: string): TaskDefinition | undefined {
    const wanted = name.startsWith("arn:") ? name : this.#world.arn("ecs", `task-definition/${name}`);
    const active = this.#world.all("AWS::ECS::TaskDefinition");
    const exact = active.find((one) => one.id === wanted);
    const newest = active.filter((one) => one.id.startsWith(`${wanted}:`)).at(-1);
    const found = exact ?? newest;
    if (found !== undefined) return definitionOf(found.id, found.properties, true);
    const inactive = this.#inactive.get(wanted);
    return inactive === undefined ? undefined : definitionOf(wanted, inactive, false);
  }

  /** @throws AwsError ClientException */
  known(name: string): TaskDefinition {
    const found = this.find(name);
    if (found === undefined) throw new AwsError("ClientException", "Unable to describe task definition.");
    return found;
  }
}

function definitionOf(arn: string, properties: Fields, isActive: boolean): TaskDefinition {
  const [family = "", revision = "0"] = baseName(arn).split(":");
  const [container = {}] = recordsOf(properties, "ContainerDefinitions");
  return { arn, family, revision: Number(revision), isActive, properties, container };
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskDefinition.html */
export function definitionAnswer(definition: TaskDefinition): Fields {
  const { arn, family, revision, isActive, properties } = definition;
  return {
    ...fieldsOf(camelCased(properties)),
    taskDefinitionArn: arn,
    family,
    revision,
    status: isActive ? "ACTIVE" : "INACTIVE",
  };
}

/**
 * Turns a template's `ContainerDefinitions` into the API's `containerDefinitions`, at every depth. Names in maps stay.
 */
export function camelCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCased);
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`,
      name === "DockerLabels" || name === "Options" ? member : camelCased(member),
    ]),
  );
}

/** The processor that its tasks run on, by the name that images use. */
export function platformOf({ properties }: TaskDefinition): "amd64" | "arm64" {
  return fieldsOf(properties.RuntimePlatform).CpuArchitecture === "ARM64" ? "arm64" : "amd64";
}

/** The log group and stream for a container's output. */
export function logPlaceOf({ container }: TaskDefinition, taskId: string): { group: string; stream: string } {
  const options = fieldsOf(fieldsOf(container.LogConfiguration).Options);
  const prefix = textOf(options, "awslogs-stream-prefix") ?? "";
  return {
    group: textOf(options, "awslogs-group") ?? "",
    stream: `${prefix}/${textOf(container, "Name")}/${taskId}`,
  };
}
