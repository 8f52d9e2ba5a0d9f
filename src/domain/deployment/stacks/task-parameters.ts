import type { DeploymentSettings } from "../settings.ts";
import type { Parameters } from "../template.ts";
import type { StackInputs } from "./stack.ts";

/** What the tasks of the service and one-off tasks have in common. */
export function taskParameters({ settings, imageUri }: StackInputs): Parameters {
  return {
    ImageUri: imageUri,
    Architecture: settings.architecture === "arm64" ? "ARM64" : "X86_64",
    TaskCpu: settings.taskCpu,
    TaskMemory: settings.taskMemory,
    Connect: connectParameter(settings),
  };
}

export function connectParameter({ connect }: DeploymentSettings): string | undefined {
  return connect === undefined ? undefined : String(connect);
}
