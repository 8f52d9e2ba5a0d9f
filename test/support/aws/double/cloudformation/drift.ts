import { validationError } from "../errors.ts";
import type { Fields } from "../fields.ts";
import type { World } from "../world.ts";
import { actualProperties, differences } from "./drift-rules.ts";
import { isLive, type Stack } from "./stack.ts";

const DETECTION_SECONDS = 5;

interface Detection {
  readonly stack: Stack;
  readonly startedAt: Date;
  isDone: boolean;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html */
export class Drift {
  readonly #world: World;
  readonly #detections = new Map<string, Detection>();

  constructor(world: World) {
    this.#world = world;
  }

  detect(stack: Stack): string {
    const id = this.#world.uuid();
    const detection = { stack, startedAt: this.#world.clock.now(), isDone: false };
    this.#detections.set(id, detection);
    void this.#finish(detection);
    return id;
  }

  status(id: string): Fields {
    const detection = this.#detections.get(id);
    if (detection === undefined) throw validationError(`Drift detection id ${id} does not exist`);
    const { stack, isDone, startedAt } = detection;
    const drifted = this.drifts(stack).filter((one) => one.StackResourceDriftStatus !== "IN_SYNC").length;
    return {
      StackId: stack.id,
      StackDriftDetectionId: id,
      DetectionStatus: isDone ? "DETECTION_COMPLETE" : "DETECTION_IN_PROGRESS",
      StackDriftStatus: isDone ? (drifted > 0 ? "DRIFTED" : "IN_SYNC") : undefined,
      DriftedStackResourceCount: isDone ? drifted : undefined,
      Timestamp: startedAt,
    };
  }

  drifts(stack: Stack): Fields[] {
    return [...stack.resources.values()].filter(isLive).map((resource) => {
      const found = this.#world.find(resource.type, resource.physicalId);
      const actual = found && actualProperties(found, this.#world);
      const different = actual === undefined ? [] : differences(resource.properties, actual);
      const status = actual === undefined ? "DELETED" : different.length > 0 ? "MODIFIED" : "IN_SYNC";
      return {
        StackId: stack.id,
        LogicalResourceId: resource.logicalId,
        PhysicalResourceId: resource.physicalId,
        ResourceType: resource.type,
        ExpectedProperties: JSON.stringify(resource.properties),
        ActualProperties: actual === undefined ? undefined : JSON.stringify(actual),
        PropertyDifferences: different.map(({ path, type, expected: was, actual: is }) => ({
          PropertyPath: path,
          ExpectedValue: asText(was),
          ActualValue: asText(is),
          DifferenceType: type,
        })),
        StackResourceDriftStatus: status,
        Timestamp: this.#world.clock.now(),
      };
    });
  }

  async #finish(detection: Detection): Promise<void> {
    await this.#world.clock.sleep(DETECTION_SECONDS * 1_000);
    detection.isDone = true;
    const isDrifted = this.drifts(detection.stack).some((one) => one.StackResourceDriftStatus !== "IN_SYNC");
    detection.stack.drift = { status: isDrifted ? "DRIFTED" : "IN_SYNC", at: this.#world.clock.now() };
  }
}

/** Returns `null` for a missing value. */
function asText(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "null");
}
